import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { ExpectedError, InvalidInputError, InvalidInputsError } from "../../base/errors.js";
import { detectFacts } from "../../device/detect.js";
import { readDropIns } from "../../device/drop-ins.js";
import { FactFileError, type ListedFacts, parseFactFile } from "../../device/fact-file.js";
import { type Host, MOST_BYTES } from "../../device/host.js";
import { linuxHost } from "../../device/linux-host.js";
import type { JobOrigin } from "../../job/job.js";
import type { NamedJob, NamedMachine } from "../../report/preflight/pair.js";
import { readSavedJob } from "../../sources/lookup.js";
import { isPacked, machineName, readSnapshot } from "./host-at.js";

/** A job of a preflight, with its origin. */
export type OriginJob = NamedJob & { readonly origin: JobOrigin };

/**
 * Reads saved jobs, and machines: a folder read as a root, a snapshot, or a file with the facts of one or more machines. Each
 * gets a unique name. `onProblem` gets problems with parts of a machine; `onRead` is called after each path. Throws InvalidInputsError that names every file that
 * cannot be read: none is skipped.
 */
export async function readInputs(
  jobPaths: readonly string[],
  factPaths: readonly string[],
  onProblem: (problem: string) => void,
  onRead: () => void = () => undefined,
): Promise<{ readonly jobs: readonly OriginJob[]; readonly machines: readonly NamedMachine[] }> {
  const problems: string[] = [];
  const jobs = await readJobs(jobPaths, problems, onRead);
  const machines = await readMachines(factPaths, onProblem, problems, onRead);
  if (problems.length > 0) throw new InvalidInputsError(problems);
  return { jobs, machines };
}

async function readJobs(
  paths: readonly string[],
  problems: string[],
  onRead: () => void,
): Promise<readonly OriginJob[]> {
  const read = await eachFile(paths, problems, onRead, async (path) => {
    const { job, origin } = await readSavedJob(path);
    return [{ name: job.name ?? basename(path, ".json"), project: job.project, from: path, job, origin }];
  });
  return distinct(read, ({ name, project }) => `${project ?? "?"}/${name}`);
}

async function readMachines(
  paths: readonly string[],
  onProblem: (problem: string) => void,
  problems: string[],
  onRead: () => void,
): Promise<readonly NamedMachine[]> {
  const machine = linuxHost();
  const read = await eachFile(paths, problems, onRead, async (path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) return [rootAt(path, onProblem)];
    if (isPacked(path)) return [machineIn(path, machineName(path), readSnapshot(path), onProblem)];
    const bytes = machine.bytes(resolve(path), MOST_BYTES);
    if (bytes.state === "absent") throw refused("facts", path, "there is no such file");
    if (bytes.state === "unreadable") throw refused("facts", path, bytes.why);
    const listed = reading("facts", path, () => parseFactFile(decoded(bytes.value)));
    const name = basename(path).replace(/(\.facts)?\.(jsonl?|ndjson)$/, "");
    return listed.map((one, at) => ({ name: nameIn(listed, one, name, at), from: path, facts: one.facts }));
  });
  return distinct(read, ({ name, from }) => `${name} (${from})`);
}

function nameIn(listed: readonly ListedFacts[], { thing }: ListedFacts, file: string, at: number): string {
  return thing ?? (listed.length === 1 ? file : `${file}#${at + 1}`);
}

function rootAt(path: string, onProblem: (problem: string) => void) {
  const root = resolve(path);
  const host = linuxHost(root);
  const names = host.list("/");
  const listed = names.state === "found" ? names.value : [];
  // Read as a root, a folder of fact files would be a machine without a single fact.
  if (!listed.some((name) => AT_A_ROOT.includes(name)) && listed.some((name) => name.endsWith(".json"))) {
    throw refused(
      "facts",
      path,
      `the folder is not the root of a machine: name the fact files in it, "${path}/*.json"`,
    );
  }
  return machineIn(path, machineName(path), host, onProblem);
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

/** What can be read; `problems` gets the reason for each file that cannot. */
async function eachFile<T>(
  paths: readonly string[],
  problems: string[],
  onRead: () => void,
  read: (path: string) => Promise<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (const path of paths) {
    try {
      found.push(...(await read(path)));
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      problems.push(error.message);
    }
    onRead();
  }
  return found;
}

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

/** Makes names unique: uses the longer name where short ones are equal, and adds a number where those are equal too. */
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
