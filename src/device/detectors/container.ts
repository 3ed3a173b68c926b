import type { Reading } from "../facts.js";
import type { Host } from "../host.js";

const MARKERS = ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"];
const CGROUP = /(?:^|[/:.-])(?:docker|kubepods|containerd|crio|libpod|lxc|garden|ecs)(?:[/.:-]|$)/m;
// The root file system of a container is an overlay that its engine has put together.
const OVERLAY = /^\S+ \S+ \S+ \S+ \/ .* - overlay .*(?:\/docker\/|\/containerd|\/containers\/storage\/)/m;

/** Whether this root is a container's. Looks at: /.dockerenv, /run/.containerenv, /run/systemd/container, /proc/1/cgroup, /proc/self/mountinfo. */
export function detectContainer(host: Host): Reading<boolean> {
  for (const path of MARKERS) if (host.kind(path).state === "found") return known(true, path);
  for (const [path, pattern] of [
    ["/proc/1/cgroup", CGROUP],
    ["/proc/self/mountinfo", OVERLAY],
  ] as const) {
    const text = host.text(path);
    if (text.state === "found" && pattern.test(text.value)) return known(true, path);
  }
  return known(false, [...MARKERS, "/proc/1/cgroup", "/proc/self/mountinfo"].join(", "));
}

function known(value: boolean, from: string): Reading<boolean> {
  return { state: "known", value, from, confidence: "FIRM" };
}
