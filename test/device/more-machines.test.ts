import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { parseFacts } from "../../src/device/parse-facts.js";
import { type FactsSummary, summarize } from "../../src/device/summary.js";
import { fakeHost } from "./fake-host.js";
import { WITH_CARDS } from "./machines/cards.js";
import { JETSONS } from "./machines/jetsons.js";
import type { Expected } from "./machines/parts.js";

const MACHINES = [...JETSONS, ...WITH_CARDS];

describe("machines put together from documents", () => {
  it.each(MACHINES.map((machine) => [machine.title, machine] as const))("%s", (_, machine) => {
    const facts = detectFacts(fakeHost(machine.tree, machine.uname));

    expect(answersTo(summarize(facts), machine.expected)).toEqual(machine.expected);
    const disputed = Object.entries(facts).filter(([, fact]) => "confidence" in fact && fact.confidence === "DISPUTED");
    expect(disputed).toEqual([]);
    expect(parseFacts(JSON.parse(JSON.stringify(summarize(facts))))).toEqual(facts);
  });

  it("report all versions that are installed, each with its place", () => {
    const machine = MACHINES.find(({ title }) => title.includes("12.8 beside 12.6"));
    const { cuda } = detectFacts(fakeHost(machine?.tree ?? {}, machine?.uname));

    expect(cuda).toMatchObject({
      value: {
        installed: expect.arrayContaining(
          ["12.6.68", "12.8.90"].map((version) => ({
            version,
            from: `/usr/local/cuda-${version.slice(0, 4)}/targets/aarch64-linux/lib/libcudart.so.${version}`,
            loadable: null,
          })),
        ),
      },
    });
  });
});

function answersTo(summary: FactsSummary, expected: Expected): object {
  const { arch, accelerator, sm, driver, cuda, cudnn, tensorrt, jetson } = summary;
  const parts = jetson && [jetson.product, jetson.module, jetson.l4t, jetson.jetpack].map((part) => part ?? "-");
  const gpus = summary.gpus?.map((gpu) => {
    const identity = gpu.integrated ? "integrated" : String(gpu.pciId);
    return `${identity} ${gpu.computeCapability}${gpu.boundTo === undefined ? "" : ` (${gpu.boundTo})`}`;
  });
  const container = summary.container ?? false;
  const distro = expected.distro === undefined ? {} : { distro: summary.distro ?? { id: "", version: null } };
  return {
    arch,
    accelerator,
    sm,
    gpus: gpus ?? [],
    jetson: parts?.join(" ") ?? null,
    driver,
    cuda,
    cudnn,
    tensorrt,
    ...distro,
    container,
  };
}
