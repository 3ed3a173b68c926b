import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { linuxHost } from "../../src/device/linux-host.js";
import { parseFacts } from "../../src/device/parse-facts.js";
import { type FactsSummary, summarize } from "../../src/device/summary.js";

const HOSTS = join(dirname(fileURLToPath(import.meta.url)), "../hosts");
const NAMES = readdirSync(HOSTS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** What an expected.json says for people, not of the machine's facts. */
const PROSE = ["machine", "title", "lookout", "notes"];

describe("the known machines", () => {
  it("are all here", () => expect(NAMES).toHaveLength(30));

  it.each(NAMES)("%s comes out as expected", (name) => {
    const expected = JSON.parse(readFileSync(join(HOSTS, name, "expected.json"), "utf8")) as Record<string, unknown>;
    for (const key of PROSE) delete expected[key];

    const summary = summarize(detectFacts(linuxHost(join(HOSTS, name))));

    expect(answersTo(summary, expected)).toEqual(expected);
  });

  it.each(NAMES)("%s leaves no fact disputed and rebuilds from its JSON", (name) => {
    const facts = detectFacts(linuxHost(join(HOSTS, name)));
    const summary = summarize(facts);

    const disputed = Object.entries(facts).filter(
      ([, reading]) => "confidence" in reading && reading.confidence === "DISPUTED",
    );
    expect(disputed).toEqual([]);
    expect(parseFacts(JSON.parse(JSON.stringify(summary)))).toEqual(facts);
  });

  it("infer the SoC of a masked container from its cores", () => {
    const facts = detectFacts(linuxHost(join(HOSTS, "agx-xavier-container-r3244")));

    expect(facts.jetson).toMatchObject({
      state: "known",
      confidence: "INFERRED",
      from: "/proc/cpuinfo (core 0x4e/0x004)",
    });
  });
});

/** The summary cut to the keys that are expected; of cpu to its expected members. */
function answersTo(summary: FactsSummary, expected: Record<string, unknown>): Record<string, unknown> {
  const { jetson } = summary.readings;
  const all: Record<string, unknown> = {
    ...summary,
    jetpackCandidates: jetson.state === "known" ? jetson.value.jetpackCandidates : null,
  };
  const wantedCpu = Object.keys((expected.cpu as object | undefined) ?? {});
  const cpu = Object.entries(summary.cpu ?? {}).filter(([key]) => wantedCpu.includes(key));
  return Object.fromEntries(
    Object.keys(expected).map((key) => [key, key === "cpu" ? Object.fromEntries(cpu) : all[key]]),
  );
}
