import { basename, resolve } from "node:path";
import { ExpectedError, InvalidInputError } from "../../base/errors.js";
import { isObject, type JsonObject } from "../../base/json.js";
import { detectFacts } from "../../device/detect.js";
import { readDropIns } from "../../device/drop-ins.js";
import { FactFileError, type ListedFacts, parseFactFile } from "../../device/fact-file.js";
import { type Host, MOST_BYTES } from "../../device/host.js";
import { linuxHost } from "../../device/linux-host.js";
import type { JobOrigin } from "../../job/job.js";
import type { NamedJob, NamedMachine } from "../../report/preflight/pair.js";
import { isPacked, machineName, readSnapshot } from "./host-at.js";
import { type NamedPath, namedPaths } from "./named-files.js";
import { type InputProblems, readSavedJobs } from "./saved-jobs.js";

/** A job of a preflight, with its origin. */
export type OriginJob = NamedJob & { readonly origin: JobOrigin };

/** What a preflight judges. */
interface Inputs {
  readonly jobs: readonly OriginJob[];
  readonly machines: readonly NamedMachine[];
}

/**
 * Reads saved jobs, and machines: a folder read as a root, a snapshot, a file with the facts of one or more machines, or a folder
 * of these. Each gets a unique name. `onNote` gets problems with parts of a machine; `onRead` is called after each path.
 */
export async function readInputs(
  jobPaths: readonly string[],
  factPaths: readonly string[],
  problems: InputProblems,
  onNote: (note: string) => void,
  onRead: () => void = () => undefined,
): Promise<Inputs> {
  const saved = await readSavedJobs(jobPaths, problems, onRead);
  const jobs = saved.map(({ job, origin, from, fallback }) => {
    return { name: job.name ?? fallback, project: job.project, from, job, origin };
  });
  return {
    jobs: distinct(jobs, ({ name, project }) => `${project ?? "?"}/${name}`),
    machines: readMachines(factPaths, problems, onNote, onRead),
  };
}

function readMachines(
  paths: readonly string[],
  { failed, skipped }: InputProblems,
  onNote: (note: string) => void,
  onRead: () => void,
): readonly NamedMachine[] {
  const rules = { isWhole: isRoot, names: /\.(jsonl?|ndjson|tgz|tar\.gz)$/, what: "facts file", onProblem: failed };
  const machines = namedPaths(paths, rules).flatMap((named) => {
    try {
      return machinesAt(named, onNote, skipped);
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      failed(error.message);
      return [];
    } finally {
      onRead();
    }
  });
  return distinct(machines, ({ name, from }) => `${name} (${from})`);
}

function machinesAt(
  { path, isFolder, isNamed }: NamedPath,
  onNote: (note: string) => void,
  skipped: (note: string) => void,
): readonly NamedMachine[] {
  if (isFolder) return [machineIn(path, machineName(path), linuxHost(resolve(path)), onNote)];
  if (isPacked(path)) return [machineIn(path, machineName(path), readSnapshot(path), onNote)];
  const bytes = linuxHost().bytes(resolve(path), MOST_BYTES);
  if (bytes.state === "absent") throw refused("facts", path, "there is no such file");
  if (bytes.state === "unreadable") throw refused("facts", path, bytes.why);
  const text = reading("facts", path, () => decoded(bytes.value));
  if (!isNamed && isOtherJson(text)) {
    skipped(`Skipped ${JSON.stringify(path)}: it is not a facts file`);
    return [];
  }
  const listed = reading("facts", path, () => parseFactFile(text));
  const name = basename(path).replace(/(\.facts)?\.(jsonl?|ndjson)$/, "");
  return listed.map((one, at) => ({ name: nameIn(listed, one, name, at), from: path, facts: one.facts }));
}

function nameIn(listed: readonly ListedFacts[], { thing }: ListedFacts, file: string, at: number): string {
  return thing ?? (listed.length === 1 ? file : `${file}#${at + 1}`);
}

/** Whether a text is JSON, but not facts of any version. */
function isOtherJson(text: string): boolean {
  try {
    const values: unknown = JSON.parse(text);
    return ![values]
      .flat()
      .some((value) => isObject(value) && ("readings" in value || "os" in value || isFacts(value)));
  } catch {
    return false;
  }
}

function isFacts({ schema }: JsonObject): boolean {
  return typeof schema === "string" && schema.startsWith("packdrift.facts/");
}

/** Whether a folder is the root of a machine rather than a folder of fact files. */
function isRoot(folder: string): boolean {
  const names = linuxHost(resolve(folder)).list("/");
  return names.state === "found" && names.value.some((name) => AT_A_ROOT.includes(name));
}

function machineIn(path: string, name: string, host: Host, onProblem: (problem: string) => void): NamedMachine {
  const { declared, problems } = readDropIns(host);
  for (const problem of problems) onProblem(`${path}: ${problem}`);
  return { name, from: path, facts: detectFacts(host, declared) };
}

const AT_A_ROOT = [
  "UNAME.json",
  "bin",
  "boot",
  "dev",
  "etc",
  "lib",
  "lib64",
  "opt",
  "proc",
  "run",
  "sys",
  "usr",
  "var",
];

function reading<T>(what: string, path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw refused(what, path, error.message, error);
  }
}

function refused(what: string, path: string, why: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`Cannot read ${what} from ${JSON.stringify(path)}: ${why}`, { cause });
}

function decoded(bytes: Uint8Array): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new FactFileError("it is not UTF-8 text");
  }
}

/** Makes names unique: uses the longer name if short ones are equal, and adds a number if those are equal too. */
function distinct<T extends { readonly name: string }>(items: readonly T[], longer: (item: T) => string): readonly T[] {
  const shared = sharedNames(items);
  const long = items.map((item) => (shared.has(item.name) ? { ...item, name: longer(item) } : item));
  const still = sharedNames(long);
  const met = new Map<string, number>();
  return long.map((item) => {
    if (!still.has(item.name)) return item;
    const number = (met.get(item.name) ?? 0) + 1;
    met.set(item.name, number);
    return { ...item, name: `${item.name} #${number}` };
  });
}

function sharedNames(items: readonly { readonly name: string }[]): ReadonlySet<string> {
  const met = new Set<string>();
  return new Set(items.map(({ name }) => name).filter((name) => met.size === met.add(name).size));
}
