import { fileNameOf, folderOf } from "../base/paths.js";
import type { Host, Lookup } from "./host.js";
import { chain, found } from "./lookups.js";

const MOST_PROCESSES = 8_192;
const LONGEST_COMMAND = 64 * 1024;
/** They start the program, and have the environment from before. */
const STARTERS = ["sh", "bash", "dash", "sudo"];

export interface Processes extends Pick<Host, "list" | "text" | "link" | "resolve"> {
  /** The user id that owns a file or folder, links followed. */
  owner(path: string): Lookup<number>;
  /** The user id of this process. */
  readonly user: number | undefined;
}

/**
 * A variable in the environment of the processes that run a Greengrass component's code, as it was at their start; empty text
 * where it is not set. Looks at: /proc/PID/cmdline and cwd of every process, environ and ns/mnt of the component's.
 * "Absent" where none is seen; "unreadable" where one of them hides it, sees other folders than we do, or says otherwise.
 * Any user can start a process with such a command line: only those of root, of our own user and of the owner of the
 * component's work folder count.
 */
export function variableOf(host: Processes, component: string, name: string): Lookup<string> {
  const values = processesOf(host, component).flatMap((process) => {
    const value = valueIn(host, process, name);
    // It has ended meanwhile.
    return value.state === "absent" ? [] : [value];
  });
  const [first] = values;
  if (first === undefined) return { state: "absent" };
  const hidden = values.find(({ state }) => state === "unreadable");
  if (hidden !== undefined) return hidden;
  const differs = values.some((one) => one.state === "found" && first.state === "found" && one.value !== first.value);
  return differs ? { state: "unreadable", why: `its processes have several values of ${name}` } : first;
}

function processesOf(host: Processes, component: string): string[] {
  const names = host.list("/proc");
  if (names.state !== "found") return [];
  return names.value
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .slice(0, MOST_PROCESSES)
    .map((name) => `/proc/${name}`)
    .filter((process) => runs(host, process, component));
}

/** Its program lies among the component's files, or works in the component's folder. */
function runs(host: Processes, process: string, component: string): boolean {
  const text = host.text(`${process}/cmdline`, LONGEST_COMMAND);
  if (text.state !== "found" || text.value === "") return false;
  const words = text.value.split("\0");
  if (STARTERS.includes(fileNameOf(words[0] ?? ""))) return false;
  const work = `/work/${component}`;
  const folder = host.link(`${process}/cwd`);
  if (folder.state === "found" && folder.value.endsWith(work)) return isTrusted(host, process, folder.value);
  const program = words.find((word) => word.includes(`/${component}/`));
  if (program === undefined) return false;
  const root = /^(.*?)\/packages\/artifacts/.exec(program)?.[1];
  const workFolder = host.resolve(`${root ?? ""}${work}`);
  return isTrusted(
    host,
    process,
    workFolder.state === "found" && workFolder.value.endsWith(work) ? workFolder.value : null,
  );
}

/** The nucleus gives a component's work folder, in a folder of its own, to the user as whom the component runs. */
function isTrusted({ owner, user }: Processes, process: string, workFolder: string | null): boolean {
  const its = owner(process);
  if (its.state !== "found") return false;
  if (its.value === 0 || its.value === user) return true;
  if (workFolder === null) return false;
  const [component, nucleus] = [owner(workFolder), owner(folderOf(workFolder))];
  return (
    component.state === "found" &&
    component.value === its.value &&
    nucleus.state === "found" &&
    nucleus.value !== its.value
  );
}

function valueIn(host: Processes, process: string, name: string): Lookup<string> {
  return chain(host.text(`${process}/environ`), (text) => {
    const [own, its] = [host.link("/proc/self/ns/mnt"), host.link(`${process}/ns/mnt`)];
    const isApart = own.state === "found" && its.state === "found" && own.value !== its.value;
    if (isApart) return { state: "unreadable", why: "it runs in a container or a mount namespace of its own" };
    const line = text.split("\0").find((one) => one.startsWith(`${name}=`));
    return found(line === undefined ? "" : line.slice(name.length + 1));
  });
}
