import type { Reading } from "../facts.js";
import type { Host } from "../host.js";

const MARKERS = ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"];
const CGROUP = /(?:^|[/:.-])(?:docker|kubepods|containerd|crio|libpod|lxc|garden|ecs)(?:[/.:-]|$)/m;
const ENGINE_FOLDERS = ["/docker/", "/containerd", "/containers/storage/"];

/** Whether this root is a container's. Looks at: /.dockerenv, /run/.containerenv, /run/systemd/container, /proc/1/cgroup, /proc/self/mountinfo. */
export function detectContainer(host: Host): Reading<boolean> {
  for (const path of MARKERS) if (host.kind(path).state === "found") return known(true, path);
  for (const [path, tells] of [
    ["/proc/1/cgroup", (text: string) => CGROUP.test(text)],
    ["/proc/self/mountinfo", hasEngineRoot],
  ] as const) {
    const text = host.text(path);
    if (text.state === "found" && tells(text.value)) return known(true, path);
  }
  return known(false, [...MARKERS, "/proc/1/cgroup", "/proc/self/mountinfo"].join(", "));
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
