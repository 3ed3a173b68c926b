import * as fc from "fast-check";
import { InvalidInputError } from "../../src/base/errors.js";
import { ShapeError } from "../../src/base/shape.js";
import { settingRows } from "../../src/config/table.js";
import { detectFacts } from "../../src/device/detect.js";
import { parseCpuinfo } from "../../src/device/detectors/cpu.js";
import { parseCudaHeader, parseVersionJson } from "../../src/device/detectors/cuda.js";
import { parseCudnnHeader } from "../../src/device/detectors/cudnn.js";
import { parseNvrm } from "../../src/device/detectors/driver.js";
import { parseTegraRelease } from "../../src/device/detectors/l4t.js";
import { detectMemory } from "../../src/device/detectors/memory.js";
import { parseOsRelease } from "../../src/device/detectors/system.js";
import { parseNvInferVersion } from "../../src/device/detectors/tensorrt.js";
import { parseElf, parseLdd } from "../../src/device/detectors/userland.js";
import { readPackages } from "../../src/device/dpkg.js";
import { FactFileError } from "../../src/device/fact-file.js";
import type { Uname } from "../../src/device/host.js";
import { parseLdCache } from "../../src/device/ld-cache.js";
import { LooseSyntaxError, parseLoose } from "../../src/job/loose-json.js";
import { parseJob } from "../../src/job/parse-job.js";
import { canonicalAnswer } from "../../src/job/wire-answer.js";
import { type Entry, type FakeTree, fakeHost } from "../device/fake-host.js";
import { ldCache, oldLdCache } from "../device/ld-cache-bytes.js";
import { anyAnswer, anyModel } from "../drift/model-builders.js";
import {
  anyModelPair,
  anyPair,
  bootControl,
  compilerOptions,
  dampingMemory,
  deployedWord,
  deviceTree,
  dropIns,
  errorAnswer,
  factFile,
  factsValue,
  gpuInformation,
  jobFile,
  jobValue,
  keptCopy,
  NOW,
  plain,
  REF,
  recipe,
  reportParts,
  settings,
  wholeMachine,
} from "./checks.js";
import { jsonValues, texts } from "./inputs.js";
import { ANSWERS, COMPILER_OPTIONS, contentsOf, FACT_FILES, MACHINES, RECIPE } from "./samples.js";

/** A parser of foreign input, with the inputs to try on it. It throws when a promise is broken. */
export interface Target {
  readonly name: string;
  /** How many of all inputs it gets, beside the others. */
  readonly share: number;
  readonly property: fc.IProperty<[never]> | fc.IAsyncProperty<[never]>;
}

/** No input takes nearly as long: one that does would run for ever, or almost. */
const MOST_MS = 2_000;

const FACTS = MACHINES.map((tree) => detectFacts(fakeHost(tree)));
const JOBS = ANSWERS.map((text) => parseJob(JSON.parse(text)));
const someFacts = fc.constantFrom(...FACTS);
const someJob = fc.constantFrom(...JOBS);

const CACHE = [
  ["libcudart.so.10.2", "/usr/local/cuda-10.2/targets/x86_64-linux/lib/libcudart.so.10.2"],
  ["libnvinfer.so.7", "/usr/lib/x86_64-linux-gnu/libnvinfer.so.7"],
] as const;
const CACHES = [ldCache(CACHE), oldLdCache(CACHE), oldLdCache(CACHE, ldCache(CACHE))].map((bytes) =>
  bytes.toString("latin1"),
);
const DROP_INS = [
  '{"key":"driver","value":"535.129.03","source":"asset register"}',
  '[{"key":"tensorrt","value":"8.2.1","source":"x"},{"key":"jetson","value":{"product":"AGX Xavier","l4t":"32.7.1"},"source":"y"}]',
  '{"key":"gpus","value":[{"integrated":false,"pciId":"10de:1eb8","computeCapability":"7.5","usable":true}],"source":"z"}',
];
const ERRORS = [
  '{"Message":"no such job","ResourceId":"x","ResourceType":"MODEL_PACKAGE_JOB"}',
  '{"ResourceType":"constructor"}',
  '{"__type":"com.amazonaws#ThrottlingException","message":"slow down"}',
  "<html><body>502 Bad Gateway</body></html>",
];
const statuses = fc.constantFrom(0, 200, 204, 301, 400, 403, 404, 408, 410, 429, 500, 503);
const CUDA_H = "#ifndef __cuda_cuda_h__\n#define CUDA_VERSION 10020\n#endif\n";
const CUDNN_H = "#define CUDNN_MAJOR 8\n#define CUDNN_MINOR 2\n#define CUDNN_PATCHLEVEL 1\n";
const LDD = ["#! /bin/bash\nTEXTDOMAIN=libc\necho 'ldd (Ubuntu GLIBC 2.27-3ubuntu1.6) 2.27'\n"];
const MEMINFO = ["MemTotal:       32692948 kB\nMemFree:         123 kB\nMemAvailable:   28000000 kB\n"];
const ELF = ["\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xb7\0\x01\0\0\0"];
const MEMORY = ['{"a/b":{"[\\"target.os\\",\\"p\\",null]":{"checks":1,"raised":null}}}'];

const TEXT_PARSERS: readonly (readonly [name: string, seeds: readonly string[], parse: (text: string) => unknown])[] = [
  ["os-release", contentsOf("/etc/os-release"), parseOsRelease],
  ["cpuinfo", contentsOf("/proc/cpuinfo"), parseCpuinfo],
  ["nv_tegra_release", contentsOf("/nv_tegra_release"), parseTegraRelease],
  ["version.json", contentsOf("/version.json"), parseVersionJson],
  ["cuda.h", [CUDA_H], parseCudaHeader],
  ["cudnn headers", [CUDNN_H], parseCudnnHeader],
  ["NvInferVersion.h", contentsOf("/NvInferVersion.h"), parseNvInferVersion],
  ["NVIDIA's version file", contentsOf("/nvidia/version"), parseNvrm],
  ["ELF header", ELF, (text) => parseElf(Buffer.from(text, "latin1"))],
  ["ldd", LDD, parseLdd],
  [
    "ld.so.cache",
    CACHES,
    (text) => parseLdCache(Buffer.from(text, "latin1"), ["libcudart.so.", "libnvinfer.so."], null),
  ],
  [
    "dpkg status",
    contentsOf("/dpkg/status"),
    (text) => readPackages(fakeHost({ "/var/lib/dpkg/status": text }), "ARM64"),
  ],
  ["meminfo", MEMINFO, (text) => detectMemory(fakeHost({ "/proc/meminfo": text }))],
  ["information of a GPU", contentsOf("/information"), gpuInformation],
  ["device tree", contentsOf("/compatible", "/model", "dtsfilename"), deviceTree],
  ["boot control", ["TNSPEC 2888-400-0004-M.0-1-2-jetson-xavier-rqx580-\nTEGRA_CHIPID 0x19\n"], bootControl],
  ["compiler options", COMPILER_OPTIONS, compilerOptions],
  ["loose JSON", COMPILER_OPTIONS, allowing([LooseSyntaxError], parseLoose)],
  ["job answer as a file", ANSWERS, allowing([InvalidInputError], jobFile)],
  ["facts JSON as a file", FACT_FILES.slice(0, 6), allowing([FactFileError], factFile)],
  ["drop-ins", DROP_INS, dropIns],
  ["recipe", [RECIPE], allowing([InvalidInputError], recipe)],
  ["damping's memory", MEMORY, allowing([ShapeError], dampingMemory)],
];

const JSON_PARSERS: readonly (readonly [
  name: string,
  seeds: readonly unknown[],
  parse: (value: unknown) => unknown,
])[] = [
  ["job answer", ANSWERS.map((text) => JSON.parse(text)), allowing([InvalidInputError], jobValue)],
  ["facts JSON", FACT_FILES.map((text) => JSON.parse(text)), allowing([ShapeError], factsValue)],
  ["plain facts JSON", FACT_FILES.map(withoutReadings), allowing([ShapeError], factsValue)],
  ["settings", settingsSeeds(), allowing([InvalidInputError], settings)],
];

/** Those that take a millisecond and more get fewer inputs. */
const SLOW: Readonly<Record<string, number>> = { recipe: 0.2, "drop-ins": 0.3, "job answer": 0.6 };

/** Every parser of foreign input. */
export const TARGETS: readonly Target[] = [
  ...TEXT_PARSERS.map(([name, seeds, parse]) => target(name, SLOW[name] ?? 1, texts(seeds), parse)),
  ...JSON_PARSERS.map(([name, seeds, parse]) => target(name, SLOW[name] ?? 1, jsonValues(seeds), parse)),
  target("a whole machine with broken files", 0.3, brokenMachine(), wholeMachine),
  target("any job on any machine", 0.5, fc.tuple(someJob, someFacts, someJob), anyPair),
  target(
    "any model, with and without a job, on any machine",
    0.1,
    fc.tuple(anyModel, someJob, someFacts, fc.array(anyAnswer, { maxLength: 4 })),
    anyModelPair,
  ),
  target(
    "report parts",
    0.2,
    fc.tuple(someJob, someFacts, fc.integer({ min: 4_000, max: 20_000 }), fc.nat()),
    reportParts,
  ),
  target("error answers", 1, fc.tuple(statuses, texts(ERRORS)), errorAnswer),
  asyncTarget("deployed words", 1, texts(["com.example.Caps=1.0.0", "component-details", "artifacts"]), deployedWord),
  asyncTarget("kept copies", 0.5, texts(keptCopies()), keptCopy),
];

function target<T>(name: string, share: number, inputs: fc.Arbitrary<T>, run: (input: T) => unknown): Target {
  const property = fc.property(inputs, (input) => {
    const from = performance.now();
    run(input);
    inTime(from);
  });
  return { name, share, property: property as never };
}

function asyncTarget<T>(
  name: string,
  share: number,
  inputs: fc.Arbitrary<T>,
  run: (input: T) => Promise<unknown>,
): Target {
  const property = fc.asyncProperty(inputs, async (input) => {
    const from = performance.now();
    await run(input);
    inTime(from);
  });
  return { name, share, property: property as never };
}

function inTime(from: number): void {
  const milliseconds = performance.now() - from;
  if (milliseconds > MOST_MS) throw new Error(`took ${Math.round(milliseconds)} ms`);
}

/** The parser, whose errors of these classes are answers. */
function allowing<T>(classes: readonly (new (...args: never[]) => Error)[], parse: (input: T) => unknown) {
  return (input: T): unknown => {
    try {
      return parse(input);
    } catch (error) {
      if (classes.some((known) => error instanceof known) && plain((error as Error).message)) return error;
      throw error;
    }
  };
}

function settingsSeeds(): readonly unknown[] {
  const defaults = Object.fromEntries(settingRows().map(({ key, fallback }) => [key, fallback]));
  const all = {
    ...defaults,
    jobs: [{ project: "bolts", job: "inspect-7" }],
    source: { type: "archive", endpoint: "http://127.0.0.1:8080", region: "eu-west-1", path: null },
    waivers: [{ rule: "compiler.trt-ver", path: null, reason: "tried", expires: "2027-01-31" }],
    damping: [{ rule: "target.device", raiseAfter: "2", clearAfter: 3 }],
  };
  return [all, { ...all, jitterSeconds: "60", waivers: "null" }];
}

function withoutReadings(text: string): unknown {
  const { readings: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return rest;
}

/** A real machine, some of whose files are changed, replaced by something else, or joined by places that it lacks. */
function brokenMachine(): fc.Arbitrary<{ readonly tree: FakeTree; readonly uname: Uname }> {
  const paths = [...new Set(MACHINES.flatMap((tree) => Object.keys(tree)))];
  const other = fc.constantFrom<Entry>(
    { kind: "pipe" },
    { kind: "character device" },
    { unreadable: "permission denied" },
    { link: "/proc/self/root" },
    { link: "../../../../.." },
    { link: "/" },
    { link: "/nowhere" },
    "",
  );
  const content = texts(
    contentsOf("/version", "/status", "/compatible", "/vendor", "/class", "/device", "/information"),
  );
  const change = fc.tuple(fc.constantFrom(...paths), fc.oneof(other, content));
  const word = texts(["Linux", "aarch64", "x86_64", "4.9.253-tegra"]);
  return fc.record({
    tree: fc
      .tuple(fc.constantFrom(...MACHINES), fc.array(change, { maxLength: 6 }))
      .map(([tree, changes]) => ({ ...tree, ...Object.fromEntries(changes) })),
    uname: fc.record({ sysname: word, release: word, machine: word, from: fc.constant("uname") }),
  });
}

function keptCopies(): readonly string[] {
  return ANSWERS.map((text) => {
    const answer: unknown = JSON.parse(text);
    const digest = canonicalAnswer(answer);
    return JSON.stringify({ schema: "packdrift.job-copy/1", ...REF, source: "api", fetchedAt: NOW, digest, answer });
  });
}
