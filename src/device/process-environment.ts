import { fileNameOf } from "../base/paths.js";
import type { Host, Lookup } from "./host.js";
import { chain, found } from "./lookups.js";

const MOST_PROCESSES = 8_192;
const LONGEST_COMMAND = 64 * 1024;
/** They start the program, and have the environment from before. */
const STARTERS = ["sh", "bash", "dash", "sudo"];

type Processes = Pick<Host, "list" | "text" | "link">;

/**
 * A variable in the environment of the processes that run a Greengrass component's code, as it was at their start; empty text
 * where it is not set. Looks at: /proc/PID/cmdline and cwd of every process, environ and ns/mnt of the component's.
 * "Absent" where none is seen; "unreadable" where one of them hides it, sees other folders than we do, or says otherwise.
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
  if (words.some((word) => word.includes(`/${component}/`))) return true;
  const folder = host.link(`${process}/cwd`);
  return folder.state === "found" && folder.value.endsWith(`/work/${component}`);
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
