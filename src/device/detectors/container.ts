import type { Reading } from "../facts.js";
import type { Host } from "../host.js";
import { hasProc } from "../own-machine.js";
import type { Problem } from "../sightings.js";

const MARKERS = ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"];
const CGROUP = /(?:^|[/:.-])(?:docker|kubepods|containerd|crio|libpod|lxc|garden|ecs)(?:[/.:-]|$)/m;
const ENGINE_FOLDERS = ["/docker/", "/containerd", "/containers/storage/"];

/**
 * Whether this root is a container's; not known where /proc is not there. Looks at: /.dockerenv, /run/.containerenv,
 * /run/systemd/container, /proc/1/cgroup, /proc/self/mountinfo.
 */
export function detectContainer(host: Host): Reading<boolean> {
  let problem: Problem | null = null;
  let isAnswered = false;
  for (const path of MARKERS) {
    const kind = host.kind(path);
    if (kind.state === "found") return known(true, path);
    if (kind.state === "unreadable") problem ??= { from: path, why: kind.why };
  }
  for (const [path, tells] of [
    ["/proc/1/cgroup", (text: string) => CGROUP.test(text)],
    ["/proc/self/mountinfo", hasEngineRoot],
  ] as const) {
    const text = host.text(path);
    if (text.state === "found" && tells(text.value)) return known(true, path);
    if (text.state === "found") isAnswered = true;
    if (text.state === "unreadable") problem ??= { from: path, why: text.why };
  }
  const from = [...MARKERS, "/proc/1/cgroup", "/proc/self/mountinfo"].join(", ");
  if (problem !== null) return { state: "unreadable", ...problem };
  return isAnswered || hasProc(host)
    ? known(false, from)
    : { state: "unreadable", from, why: "/proc is not there to be read" };
}

/** Whether the root file system is an overlay that a container engine has put together. */
function hasEngineRoot(mountinfo: string): boolean {
  return mountinfo.split("\n").some((line) => {
    const fields = line.split(" ");
    if (fields[4] !== "/") return false;
    const [type = "", ...source] = fields.slice(fields.indexOf("-") + 1);
    return type === "overlay" && ENGINE_FOLDERS.some((folder) => source.join(" ").includes(folder));
  });
}

function known(value: boolean, from: string): Reading<boolean> {
  return { state: "known", value, from, confidence: "FIRM" };
}
