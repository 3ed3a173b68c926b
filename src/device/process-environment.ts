import { fileNameOf, folderOf } from "../base/paths.js";
import type { Host, Lookup } from "./host.js";
import { chain, found } from "./lookups.js";

const MOST_PROCESSES = 8_192;
const LONGEST_COMMAND = 64 * 1024;
/** Shells and launchers that start the program: they have the environment from before it. */
const STARTERS = ["sh", "bash", "dash", "sudo"];

interface Processes extends Pick<Host, "list" | "text" | "link" | "resolve"> {
  /** The user id that owns a file or folder, links followed. */
  owner(path: string): Lookup<number>;
  /** The user id of this process. */
  readonly user: number | undefined;
}

/**
 * A variable in the environment of the processes that run a Greengrass component's code, as it was when they started;
 * empty text if it is not set. Looks at: /proc/PID/cmdline and cwd of every process, environ and ns/mnt of the
 * component's. "Absent" if none is running; "unreadable" if one of them hides it, sees other folders than we do, or has
 * another value. Any user can start a process with such a command line, so only those of root, of our own user and of
 * the owner of the component's work folder count. If there are none of these but some whose owner cannot be verified,
 * it is "unreadable".
 */
export function variableOf(host: Processes, component: string, name: string): Lookup<string> {
  const processes = processesOf(host, component);
  const values = processes.flatMap(({ process, trust }) => {
    const value: Lookup<string> = trust === "trusted" ? valueIn(host, process, name) : { state: "absent" };
    // The process has ended meanwhile, or does not count.
    return value.state === "absent" ? [] : [value];
  });
  const [first] = values;
  if (first === undefined) {
    const isUnsure = processes.some(({ trust }) => trust === "unknown");
    return isUnsure ? { state: "unreadable", why: "the owner of its process cannot be verified" } : { state: "absent" };
  }
  const hidden = values.find(({ state }) => state === "unreadable");
  if (hidden !== undefined) return hidden;
  const differs = values.some((one) => one.state === "found" && first.state === "found" && one.value !== first.value);
  return differs ? { state: "unreadable", why: `its processes have several values of ${name}` } : first;
}

/** Whether a process is the component's, or another user's with such a command line. */
type Trust = "trusted" | "foreign" | "unknown";

function processesOf(host: Processes, component: string): { readonly process: string; readonly trust: Trust }[] {
  const names = host.list("/proc");
  if (names.state !== "found") return [];
  return names.value
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .slice(0, MOST_PROCESSES)
    .map((name) => ({ process: `/proc/${name}`, trust: trustIn(host, `/proc/${name}`, component) }));
}

/** A process of the component has its program among the component's files, or works in the component's folder. */
function trustIn(host: Processes, process: string, component: string): Trust {
  const text = host.text(`${process}/cmdline`, LONGEST_COMMAND);
  if (text.state !== "found" || text.value === "") return "foreign";
  const words = text.value.split("\0");
  if (STARTERS.includes(fileNameOf(words[0] ?? ""))) return "foreign";
  const work = `/work/${component}`;
  const folder = host.link(`${process}/cwd`);
  if (folder.state === "found" && folder.value.endsWith(work)) return trustOfOwner(host, process, folder, work);
  const program = words.find((word) => word.includes(`/${component}/`));
  if (program === undefined) return "foreign";
  const [, root] = /^(.*?)\/packages\/artifacts/.exec(program) ?? [];
  const workFolder: Lookup<string> = root === undefined ? { state: "absent" } : host.resolve(`${root}${work}`);
  return trustOfOwner(host, process, workFolder, work);
}

/** The nucleus owns the folder of all work folders, and a component's user owns the component's. */
function trustOfOwner({ owner, user }: Processes, process: string, workFolder: Lookup<string>, work: string): Trust {
  const its = owner(process);
  if (its.state !== "found") return withoutOwner(its);
  if (its.value === 0 || its.value === user) return "trusted";
  if (workFolder.state !== "found") return withoutOwner(workFolder);
  const component = owner(workFolder.value);
  if (component.state !== "found") return withoutOwner(component);
  if (component.value !== its.value) return "foreign";
  const nucleus = owner(folderOf(workFolder.value));
  // If nucleus and component run as one user, its folders look like those that any user can make.
  const isVerified = nucleus.state === "found" && nucleus.value !== its.value && workFolder.value.endsWith(work);
  return isVerified ? "trusted" : "unknown";
}

/** A missing process has ended, and a missing folder was never a work folder. */
function withoutOwner({ state }: Lookup<unknown>): Trust {
  return state === "absent" ? "foreign" : "unknown";
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
