import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { FACTS_FOLDER, joinDropIns, readDropIns } from "../../src/device/drop-ins.js";
import type { FactKey } from "../../src/device/facts.js";
import { linuxHost } from "../../src/device/linux-host.js";
import { renderFacts } from "../../src/device/render-facts.js";
import { summarize } from "../../src/device/summary.js";
import { FACT_KEYS } from "../../src/device/values.js";
import { type Entry, type FakeTree, fakeHost, someUname } from "./fake-host.js";

const SITE = `${FACTS_FOLDER}/site.json`;

describe("readDropIns", () => {
  it("finds nothing to report where there is no folder", () => {
    expect(readDropIns(fakeHost({}))).toEqual({ declared: [], problems: [] });
  });

  it("reads one object or a list per file, files in alphabetical order, and no others", () => {
    const found = readDropIns(
      fakeHost({
        [`${FACTS_FOLDER}/20-b.json`]: JSON.stringify(fact("driver", "535.129.03")),
        [`${FACTS_FOLDER}/10-a.json`]:
          `\ufeff${JSON.stringify([fact("os", "LINUX"), fact("container", true)])}`.replace("\ufeff", "\xef\xbb\xbf"),
        [`${FACTS_FOLDER}/.hidden.json`]: "{",
        [`${FACTS_FOLDER}/notes.txt`]: "not for us",
        [`${FACTS_FOLDER}/old.json.bak`]: "{",
      }),
    );

    expect(found).toEqual({
      declared: [
        { key: "os", value: "LINUX", from: `${FACTS_FOLDER}/10-a.json (asset register)` },
        { key: "container", value: true, from: `${FACTS_FOLDER}/10-a.json (asset register)` },
        { key: "driver", value: "535.129.03", from: `${FACTS_FOLDER}/20-b.json (asset register)` },
      ],
      problems: [],
    });
  });

  it("accepts a library as its version, and a Jetson as L4T and JetPack", () => {
    const jetson = { product: "AGX Xavier", soc: "tegra194", l4t: "32.7.1" };
    const { declared } = readDropIns(dropIn([fact("tensorrt", "8.2.1"), fact("jetson", jetson)]));

    expect(declared.map(({ key, value }) => [key, value])).toEqual([
      ["tensorrt", { version: "8.2.1", installed: [] }],
      ["jetson", { ...NO_JETSON, ...jetson }],
      ["l4t", "32.7.1"],
    ]);
  });

  it("can declare every fact", () => {
    const { declared, problems } = readDropIns(
      dropIn(Object.entries(ANY_VALUE).map(([key, value]) => fact(key, value))),
    );

    expect(problems).toEqual([]);
    expect(declared.map(({ key }) => key)).toEqual([...FACT_KEYS]);
  });

  it.each<[string, Entry, string]>([
    ["a key that is no fact", item({ key: "sm" }), '"key" must be one of os, arch, '],
    ["a key of the prototype", item({ key: "__proto__" }), '"key" must be one of os, arch, '],
    ["a missing key", JSON.stringify({ value: 1, source: "x" }), '"key" must be one of os, arch, '],
    ["a value of another type", item({ key: "driver", value: 535 }), '"value" must be a string, is 535'],
    ["no value", item({ key: "driver", value: null }), '"value" must be a string, is null'],
    ["a part of another type", item({ key: "userland", value: { bits: 16 } }), '"value.bits" must be 32 or 64, is 16'],
    ["an empty text", item({ key: "driver", value: "" }), '"value" must be a non-empty string, is ""'],
    [
      "control characters",
      item({ key: "cpu", value: { name: "\u001b[31mred" } }),
      '"value.name" must be a string without control characters, is "\\u001b[31mred"',
    ],
    ["no source", item({ source: undefined }), '"source" must be a string, is missing'],
    ["an empty source", item({ source: " \n" }), '"source" must be where the value comes from, is ""'],
    ["text", '"driver"', 'the text must be an object, is "driver"'],
    ["no JSON", "driver = 535", "is not valid JSON in UTF-8"],
    ["an empty file", "", "is not valid JSON in UTF-8"],
    ["Latin-1", '{"key": "os", "value": "LINUX", "source": "Ger\xe4teliste"}', "is not valid JSON in UTF-8"],
    ["deep nesting", "[".repeat(60_000), "is not valid JSON in UTF-8"],
    ["a large file", " ".repeat(70_000), "has 70000 bytes or more, at most 65536 are read"],
    ["a pipe", { kind: "pipe" }, "is a pipe, not a file"],
    ["a device", { kind: "character device" }, "is a character device, not a file"],
    ["a link to nowhere", { link: "/etc/nowhere.json" }, "is a link that leads nowhere"],
    ["a file of others", { unreadable: "permission denied" }, "permission denied"],
  ])("reports %s and continues with the other files", (_, entry, why) => {
    const other = { [`${FACTS_FOLDER}/z.json`]: JSON.stringify(fact("os", "LINUX")) };
    const { declared, problems } = readDropIns(fakeHost({ [SITE]: entry, ...other }));

    expect(declared).toHaveLength(1);
    expect(problems).toEqual([expect.stringContaining(`Cannot use the facts in "${SITE}": ${why}`)]);
  });

  it("reports a path that is not a folder or cannot be listed", () => {
    expect(readDropIns(fakeHost({ [FACTS_FOLDER]: "x" })).problems).toEqual([
      `Cannot use the facts in "${FACTS_FOLDER}": is not a folder but a file`,
    ]);
    expect(readDropIns(fakeHost({ [FACTS_FOLDER]: { unreadable: "permission denied" } })).problems).toEqual([
      `Cannot use the facts in "${FACTS_FOLDER}": permission denied`,
    ]);
  });

  it("bounds files, declarations and what it says about them", () => {
    const many = Array.from({ length: 120 }, (_, i) => [`${FACTS_FOLDER}/${100 + i}.json`, "{"]);
    const { problems } = readDropIns(fakeHost(Object.fromEntries(many)));
    const much = readDropIns(dropIn(Array.from({ length: 1_000 }, () => fact("os", "LINUX"))));

    expect(problems).toHaveLength(11);
    expect(problems.at(-1)).toBe("And 91 more");
    expect(much.declared).toHaveLength(200);
    expect(much.problems).toEqual([`Cannot use the facts in "${SITE}": more than 200 are declared`]);
  });

  it("combines several places, trusting the first most", () => {
    const one = readDropIns(dropIn([fact("driver", "1.0")]));
    const two = readDropIns(
      fakeHost({ "/facts.d/x.json": JSON.stringify(fact("driver", "2.0")) }),
      "/facts.d",
      "/device/facts.d",
    );

    expect(joinDropIns(one, two).declared.map(({ value, from }) => [value, from])).toEqual([
      ["1.0", `${SITE} (asset register)`],
      ["2.0", "/device/facts.d/x.json (asset register)"],
    ]);
  });
});

describe("readDropIns on a real file system", () => {
  it("reads regular files inside the root alone", () => {
    const top = mkdtempSync(join(tmpdir(), "packdrift-drop-ins-"));
    try {
      const folder = join(top, "root", FACTS_FOLDER);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "10-good.json"), JSON.stringify(fact("driver", "535.129.03")));
      writeFileSync(join(top, "outside.json"), JSON.stringify(fact("driver", "666.6")));
      symlinkSync(join(top, "outside.json"), join(folder, "20-outside.json"));
      symlinkSync("../../../../outside.json", join(folder, "30-above.json"));
      symlinkSync("40-loop.json", join(folder, "40-loop.json"));
      execFileSync("mkfifo", [join(folder, "50-pipe.json")]);
      mkdirSync(join(folder, "60-folder.json"));

      const { declared, problems } = readDropIns(linuxHost(join(top, "root")));

      expect(declared.map(({ value }) => value)).toEqual(["535.129.03"]);
      expect(problems.map((problem) => problem.split(": ")[1])).toEqual([
        "is a link that leads nowhere",
        "is a link that leads nowhere",
        "too many levels of links",
        "is a pipe, not a file",
        "is a folder, not a file",
      ]);
    } finally {
      rmSync(top, { recursive: true });
    }
  });
});

describe("detectFacts with drop-ins", () => {
  it("shows what was declared as declared, with its source and what was looked at instead", () => {
    const { driver, tensorrt } = detect({}, fact("driver", "535.129.03"), fact("tensorrt", "8.2.1"));

    expect(driver).toEqual({
      state: "known",
      value: "535.129.03",
      from: `${SITE} (asset register)`,
      confidence: "DECLARED",
      seen: [
        {
          from: "/proc/driver/nvidia/version, /sys/module/nvidia/version",
          value: expect.stringMatching(/^not readable/),
        },
      ],
    });
    expect(tensorrt).toMatchObject({ value: { version: "8.2.1", installed: [] }, confidence: "DECLARED" });
  });

  it("fills what could not be read, and says why it could not", () => {
    const tree = { "/proc/driver/nvidia/version": { unreadable: "permission denied" } };

    expect(detect(tree, fact("driver", "535.129.03")).driver).toMatchObject({
      value: "535.129.03",
      confidence: "DECLARED",
      seen: [{ from: "/proc/driver/nvidia/version", value: "not readable: permission denied" }],
    });
  });

  it("keeps what was detected against a drop-in of an earlier state, and shows both", () => {
    const tree = { "/sys/module/nvidia/version": "570.124.06\n" };

    expect(detect(tree, fact("driver", "535.129.03")).driver).toEqual({
      state: "known",
      value: "570.124.06",
      from: "/sys/module/nvidia/version",
      confidence: "DISPUTED",
      seen: [
        { from: "/sys/module/nvidia/version", value: "570.124.06" },
        { from: `${SITE} (asset register)`, value: "535.129.03" },
      ],
    });
  });

  it("leaves what was detected as it is where the drop-in agrees, as far as it goes", () => {
    const tree = { "/usr/local/cuda/version.txt": "CUDA Version 10.2.89\n" };

    expect(detect(tree, fact("cuda", "10.2")).cuda).toEqual(detect(tree).cuda);
  });

  it("disputes two drop-ins that differ: the first counts", () => {
    expect(detect({}, fact("driver", "1.0"), fact("driver", "2.0")).driver).toMatchObject({
      value: "1.0",
      confidence: "DISPUTED",
    });
  });

  it("fills the parts of a Jetson that nothing else states: the product behind an OEM's device tree", () => {
    const tree = {
      "/proc/device-tree/compatible": "acme,box\0nvidia,tegra194\0",
      "/proc/device-tree/model": "ACME Box\0",
    };
    const { jetson } = detect(tree, fact("jetson", { product: "AGX Xavier" }));

    expect(jetson).toMatchObject({
      confidence: "DECLARED",
      from: `${SITE} (asset register), /proc/device-tree/compatible`,
      value: { model: "ACME Box", product: "AGX Xavier", soc: "tegra194" },
    });
    expect(detect(tree, fact("jetson", { soc: "tegra234" })).jetson).toMatchObject({
      confidence: "DISPUTED",
      value: { soc: "tegra194" },
    });
  });

  it("reports the capability of a GPU that no table knows, but not of a GPU that is absent", () => {
    const folder = "/sys/bus/pci/devices/0000:01:00.0";
    const tree = {
      [`${folder}/vendor`]: "0x10de\n",
      [`${folder}/device`]: "0x7fff\n",
      [`${folder}/class`]: "0x030000\n",
      "/sys/module/nvidia/version": "700.10\n",
    };
    const gpu = { integrated: false, pciId: "10DE:7FFF", computeCapability: "13.0", usable: true };
    const known = detect(tree, fact("gpus", [gpu]));
    const another = detect(tree, fact("gpus", [{ ...gpu, pciId: "10de:1eb8" }]));

    expect(summarize(known)).toMatchObject({ sm: "sm_130", gpus: [{ pciId: "10de:7fff", computeCapability: "13.0" }] });
    expect(known.accelerator).toMatchObject({ value: "NVIDIA", confidence: "DECLARED" });
    expect(another.gpus).toMatchObject({
      confidence: "DISPUTED",
      value: [{ pciId: "10de:7fff", computeCapability: null }],
    });
  });

  it("accepts a GPU from a drop-in when the bus shows none", () => {
    const gpu = { integrated: false, computeCapability: "7.5", usable: true };
    const { accelerator, gpus } = detect({}, fact("gpus", [gpu]));

    expect(gpus).toMatchObject({ confidence: "DECLARED", value: [{ computeCapability: "7.5", usable: true }] });
    expect(accelerator).toMatchObject({ value: "NVIDIA", confidence: "DECLARED" });
  });

  it("infers other facts: the JetPack from a declared L4T, but no usable GPU", () => {
    const tree = { "/proc/device-tree/compatible": "nvidia,p2972-0000\0nvidia,tegra194\0" };
    const { l4t, jetpack, jetson, accelerator } = detect(tree, fact("l4t", "32.7.1"));

    expect(l4t).toMatchObject({ value: "32.7.1", confidence: "DECLARED" });
    expect(jetpack).toMatchObject({ value: "4.6.1", confidence: "INFERRED" });
    expect(jetson).toMatchObject({ value: { l4t: "32.7.1", jetpack: "4.6.1" } });
    expect(accelerator.state).toBe("absent");
  });

  it("reads the drop-ins of the root by itself, and shows them to a person", () => {
    const facts = detectFacts(dropIn([fact("driver", "535.129.03")]));

    expect(renderFacts(facts, { colour: false, width: 100 })).toContain(`+ driver       535.129.03`);
  });
});

const NO_JETSON = {
  model: null,
  family: null,
  product: null,
  soc: null,
  module: null,
  l4t: null,
  jetpack: null,
  jetpackCandidates: [],
};

/** Something of the right shape for every fact. */
const ANY_VALUE: Readonly<Record<FactKey, unknown>> = {
  os: "LINUX",
  arch: "ARM64",
  unameMachine: "aarch64",
  kernelRelease: "4.9.253",
  userland: { bits: 64, machine: "aarch64" },
  distro: { id: "ubuntu" },
  glibc: "2.27",
  accelerator: "NVIDIA",
  gpus: [{ integrated: true, usable: true }],
  jetson: { product: "AGX Xavier" },
  l4t: "32.7.1",
  jetpack: "4.6.1",
  driver: "535.129.03",
  libcuda: "535.129.03",
  cuda: "10.2",
  cudnn: "8.2.1",
  tensorrt: { version: "8.2.1" },
  container: false,
  cpu: { cores: 8 },
  memory: { totalBytes: 1 },
  disk: { path: "/", freeBytes: 1 },
  access: [{ path: "/dev/nvmap", allowed: true }],
};

function fact(key: string, value: unknown) {
  return { key, value, source: "asset register" };
}

function item(over: object): string {
  return JSON.stringify({ ...fact("driver", "535.129.03"), ...over });
}

function dropIn(json: unknown, tree: FakeTree = {}) {
  return fakeHost({ ...tree, [SITE]: JSON.stringify(json) }, someUname("aarch64"));
}

function detect(tree: FakeTree, ...facts: readonly object[]) {
  return detectFacts(dropIn(facts, tree));
}
