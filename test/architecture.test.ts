import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../src");

/** Which parts may import which; a part is a folder of src, or a file at its top. Own files always. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  json: [],
  "secret-file": [],
  "time-limit": [],
  "topic-filter": [],
  "utc-intl": [],
  "packed-code": [],
  job: ["errors"],
  device: [],
  drift: ["job", "device"],
  report: ["job", "device", "drift", "errors"],
  outbox: ["report", "errors"],
  fleet: ["report", "errors"],
  archive: ["job", "errors"],
  agent: ["examine", "report", "outbox", "errors"],
  examine: ["job", "device", "drift", "report", "errors", "config", "deployed", "own-job"],
  "own-job": ["job", "drift", "errors"],
  deployed: ["drift"],
  timetable: [],
  restarts: ["errors"],
  "keep-open": [],
  requests: [],
  echo: [],
  watch: ["report"],
  shadow: ["report", "errors"],
  "edge-agent-messages": [],
  "split-after-drop": [],
  capabilities: ["report"],
  adapters: ["job", "device", "report", "outbox", "fleet", "archive", "errors", "keep-open", "edge-agent-messages"],
  config: ["errors"],
  lab: ["errors", "job", "device", "drift", "report", "outbox", "archive", "adapters", "config"],
};
/** What any part may import: they know nothing of packdrift. */
const COMMON = ["json", "secret-file", "time-limit", "topic-filter"];
const EVERYTHING = ["cli", "commands", "archive-lambda", "receive"];
/** Parts that meet the outside: they may import packages and node: modules. */
const EDGES = ["adapters", "lab", "packed-code", ...EVERYTHING];
/** Small enough to be used by any parser. */
const VALIDATOR = "zod/mini";
/** What several adapters use: the native part of the SDK holds MQTT 5 and the digests. */
const SHARED = ["aws-crt"];

interface Import {
  readonly file: string;
  readonly part: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".ts") && !name.endsWith(".d.ts"),
);
const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(SRC, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']([^"'\s]+)["']/g);
  return [...found].map((match) => ({ file, part: partOf(file), to: match[1] ?? "" }));
});
const inside = imports.filter(({ to }) => to.startsWith("."));
const outside = imports.filter(({ to }) => !to.startsWith("."));

function partOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : file.replace(/\.ts$/, "");
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

describe("architecture", () => {
  it("finds the sources and their imports", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(inside.length).toBeGreaterThan(100);
  });

  it("knows every part", () => {
    const parts = new Set(files.map(partOf));
    expect([...parts].filter((part) => !(part in ALLOWED) && !EVERYTHING.includes(part))).toEqual([]);
  });

  it("lets each part import only the parts it may", () => {
    const wrong = inside.filter(({ file, part, to }) => {
      if (EVERYTHING.includes(part)) return false;
      const target = partOf(relative(SRC, join(SRC, dirname(file), to)).replace(/\.js$/, ".ts"));
      return target !== part && ![...COMMON, ...(ALLOWED[part] ?? [])].includes(target);
    });
    expect(wrong).toEqual([]);
  });

  it("lets no adapter import another", () => {
    const wrong = inside.filter(({ part, to }) => part === "adapters" && to.startsWith("./"));
    expect(wrong).toEqual([]);
  });

  it("lets nothing import the commands, and only the lab command and tests the lab", () => {
    const wrong = inside.filter(({ file, part, to }) => {
      const target = partOf(relative(SRC, join(SRC, dirname(file), to)));
      if (target === "commands") return !EVERYTHING.includes(part);
      return target === "lab" && part !== "lab" && file !== "commands/lab.ts";
    });
    expect(wrong).toEqual([]);
  });

  it("keeps packages and node: modules at the edges", () => {
    const wrong = outside.filter(({ part, to }) => to !== VALIDATOR && !EDGES.includes(part));
    expect(wrong).toEqual([]);
  });

  it("writes node: before every built-in module", () => {
    expect(outside.filter(({ to }) => builtinModules.includes(to))).toEqual([]);
  });

  it("imports each package in one file only", () => {
    const users = new Map<string, Set<string>>();
    for (const { file, to } of outside) {
      if (to === VALIDATOR || to.startsWith("node:")) continue;
      const name = packageOf(to);
      users.set(name, (users.get(name) ?? new Set()).add(file));
    }
    expect([...users].filter(([name, by]) => by.size > 1 && !SHARED.includes(name))).toEqual([]);
  });
});
