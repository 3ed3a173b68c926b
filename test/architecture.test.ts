import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, join } from "node:path/posix";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../src");

/**
 * Which rooms may import which. A room is a folder of src; its own files always. The examiner names the jobs that it looks up,
 * and the archive makes descriptions of packaged models.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  agent: ["examiner", "outbox", "report", "transports", "config", "platform", "base"],
  examiner: ["sources", "device", "model", "drift", "job", "report", "config", "platform", "base"],
  fleet: ["report", "drift", "device", "job", "transports", "platform", "base"],
  outbox: ["report", "platform", "base"],
  report: ["drift", "job", "device", "base"],
  drift: ["job", "device", "model", "base"],
  sources: ["job", "platform", "base"],
  archive: ["job", "model", "platform", "base"],
  device: ["base"],
  job: ["base"],
  model: ["base"],
  config: ["base"],
  transports: ["platform", "base"],
  platform: ["base"],
  base: [],
  bundle: ["platform", "base"],
};
/** Importing knows no limits here; nothing but an entry imports them. */
const ENTRIES = ["cli.ts", "index.ts"];
/** What the agent may know of the process that checks: how to start it and the messages it exchanges. */
const EXAMINER_FOR_AGENT = ["examiner/protocol.ts", "examiner/process.ts"];

/** `packdrift archive serve` stands in commands/archive/serve.ts, and what its help says in commands/help/specs/archive.ts. */
const NAMED_AFTER_COMMANDS = /^commands\/(?:(?:archive|fleet|help\/specs)\/)?(?!run-)[a-z-]+\.ts$/;

/** Where packages and node: modules may be imported. */
const EDGES = [
  "commands/",
  "lab/",
  "bundle/",
  "platform/",
  "transports/",
  "archive/store/",
  "archive/access/",
  "fleet/store/",
  "fleet/web/",
  "fleet/feed/",
  "fleet/alarms/",
  "cli.ts",
  "device/linux-host.ts",
  "outbox/segment-folder.ts",
  "sources/api.ts",
  "sources/exchanged-credentials.ts",
  "sources/plain-request.ts",
  "sources/job-files.ts",
  "sources/copies-folder.ts",
  "examiner/process.ts",
  "examiner/deployed/edge-agent.ts",
  "examiner/deployed/artifacts-folder.ts",
  "agent/watch-files.ts",
  "archive/import/input-files.ts",
  "archive/lambda-entry.ts",
  "fleet/lambda/fleet-lambda-entry.ts",
];
/** What several adapters use: the native part of the SDK holds MQTT 5 and the digests. */
const SHARED = ["aws-crt"];

/** These read whole files: with a limit and without waiting, or, in the lab, only the package's own. */
const BOUNDED_READERS = ["platform/", "device/linux-host.ts", "lab/"];

/** What writes to standard output or error, or to any file by its number. */
const WRITERS = [
  // To CloudWatch, as JSON.
  "archive/lambda-entry.ts",
  // The text of an error, escaped.
  "bundle/launch.ts",
  // Messages to the keeper, no text.
  "commands/examine.ts",
  "commands/shared/standard-output.ts",
  "commands/shared/terminal.ts",
  // To CloudWatch, as JSON.
  "fleet/lambda/fleet-lambda-entry.ts",
  // To its own files.
  "outbox/segment-folder.ts",
  "platform/pino-log.ts",
];

interface Import {
  readonly file: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .sort();
const imports: readonly Import[] = files.flatMap((file) => {
  const found = codeOf(file).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']([^"'\s]+)["']/g);
  return [...found].map((match) => ({ file, to: match[1] ?? "" }));
});
const inside = imports
  .filter(({ to }) => to.startsWith("."))
  .map(({ file, to }) => ({ file, to: join(dirname(file), to).replace(/\.js$/, ".ts") }));
const outside = imports.filter(({ to }) => !to.startsWith("."));

/** A file's text without its comments. */
function codeOf(file: string): string {
  return readFileSync(join(SRC, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

const roomOf = (file: string): string => (file.includes("/") ? file.slice(0, file.indexOf("/")) : file);
const arrow = ({ file, to }: Import): string => `${file} > ${to}`;
const isEdge = (file: string): boolean =>
  EDGES.some((edge) => file === edge || (edge.endsWith("/") && file.startsWith(edge)));

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** What may not be imported where it is. */
function isForbidden({ file, to }: Import): boolean {
  const [from, target] = [roomOf(file), roomOf(to)];
  if (from === target || ENTRIES.includes(file)) return false;
  if (from === "commands") return ENTRIES.includes(to) || (target === "lab" && file !== "commands/lab/run-lab.ts");
  if (from === "lab") return target === "commands" || ENTRIES.includes(to);
  if (from === "agent" && target === "examiner") return !EXAMINER_FOR_AGENT.includes(to);
  return !(ALLOWED[from] ?? []).includes(target);
}

/** Files that import each other, however far around: one list for each circle. */
function circles(): readonly string[] {
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push([...trail.slice(trail.indexOf(file)), file].join(" > "));
      return;
    }
    state.set(file, "open");
    for (const { to } of inside.filter((each) => each.file === file)) visit(to, [...trail, file]);
    state.set(file, "done");
  };
  for (const file of files) visit(file, []);
  return found;
}

describe("architecture", () => {
  it("finds the sources and their imports", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(inside.length).toBeGreaterThan(100);
    expect(inside.filter(({ to }) => !files.includes(to) && !to.endsWith(".json")).map(arrow)).toEqual([]);
  });

  it("has a rule for every room, and no loose files besides the entries", () => {
    const rooms = new Set(files.map(roomOf));
    const known = [...Object.keys(ALLOWED), ...ENTRIES, "commands", "lab"];
    expect([...rooms].filter((room) => !known.includes(room))).toEqual([]);
  });

  it("lets each room import only the rooms it may", () => {
    expect(inside.filter(isForbidden).map(arrow)).toEqual([]);
  });

  it("has no circle of imports", () => {
    expect(circles()).toEqual([]);
  });

  it("names each file once, but for those named after a command", () => {
    const byName = new Map<string, string[]>();
    for (const file of files.filter((each) => !NAMED_AFTER_COMMANDS.test(each)))
      byName.set(basename(file), [...(byName.get(basename(file)) ?? []), file]);
    const twice = [...byName].filter(([, all]) => all.length > 1);
    expect(twice.map(([, all]) => all)).toEqual([]);
  });

  it("keeps packages and node: modules at the edges", () => {
    expect(outside.filter(({ file }) => !isEdge(file)).map(arrow)).toEqual([]);
  });

  it("reads whole files only by bounded readers, which never wait for a pipe", () => {
    const reads = /\b(?:readFileSync|readFile|createReadStream)\(/;
    const found = files.filter((file) => reads.test(codeOf(file)));
    expect(found.filter((file) => !BOUNDED_READERS.some((each) => file.startsWith(each)))).toEqual([]);
  });

  it("writes to a terminal only where every text is made safe for it", () => {
    const writes =
      /\bprocess\.(?:stdout|stderr)\b|\bownProcess\.(?:stdout|stderr)\b|\bwriteSync\(|\bconsole\.|\bfd: [12]\b/i;
    expect(files.filter((file) => writes.test(codeOf(file)))).toEqual(WRITERS);
  });

  it("writes node: before every built-in module", () => {
    expect(outside.filter(({ to }) => builtinModules.includes(to)).map(arrow)).toEqual([]);
  });

  it("imports each package in one file only", () => {
    const users = new Map<string, Set<string>>();
    for (const { file, to } of outside) {
      if (to.startsWith("node:")) continue;
      const name = packageOf(to);
      users.set(name, (users.get(name) ?? new Set()).add(file));
    }
    expect([...users].filter(([name, by]) => by.size > 1 && !SHARED.includes(name))).toEqual([]);
  });
});
