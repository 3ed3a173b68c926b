import type { Reading } from "../facts.js";
import type { Host } from "../host.js";
import { hasProc } from "../own-machine.js";
import type { Problem } from "../sightings.js";

const SYSTEMD = "/run/systemd/container";
const MARKERS = ["/.dockerenv", "/run/.containerenv", "/.singularity.d", SYSTEMD];
const CGROUP = /(?:^|[/:.-])(?:docker|kubepods|containerd|crio|libpod|lxc|garden|ecs)(?:[/.:-]|$)/m;
const ENGINE_FOLDERS = ["/docker/", "/containerd", "/containers/storage/"];
/**
 * Where engines keep the files that they mount over a container's own, such as /etc/hosts, whatever its root file
 * system.
 */
const LAID_OVER = /\/(?:docker\/containers|kubelet\/pods|containers\/storage|containerd)\//;

/**
 * Whether this root is a container's; unknown without /proc. Looks at: /.dockerenv, /run/.containerenv,
 * /.singularity.d, /run/systemd/container, /proc/1/cgroup, /proc/self/mountinfo.
 */
export function detectContainer(host: Host): Reading<boolean> {
  let problem: Problem | null = null;
  let isAnswered = false;
  for (const path of MARKERS) {
    const kind = host.kind(path);
    if (kind.state === "found" && !isWsl(host, path)) return known(true, path);
    if (kind.state === "unreadable") problem ??= { from: path, why: kind.why };
  }
  for (const [path, tells] of [
    ["/proc/1/cgroup", (text: string) => CGROUP.test(text)],
    ["/proc/self/mountinfo", hasEngineMounts],
  ] as const) {
    const text = host.text(path);
    if (text.state === "found" && tells(text.value)) return known(true, path);
    if (text.state === "found") isAnswered = true;
    if (text.state === "unreadable") problem ??= { from: path, why: text.why };
  }
  const from = [...MARKERS, "/proc/1/cgroup", "/proc/self/mountinfo"].join(", ");
  if (problem !== null) return { state: "unreadable", ...problem };
  return isAnswered || hasProc(host) ? known(false, from) : { state: "unreadable", from, why: "/proc cannot be read" };
}

/** systemd takes WSL for a container (starship pull request #4593); its root is a virtual machine's. */
function isWsl(host: Host, path: string): boolean {
  const text = path === SYSTEMD ? host.text(path) : null;
  return text?.state === "found" && text.value.trim() === "wsl";
}

/**
 * Whether the root file system is an overlay that a container engine has assembled, or an engine or LXC has mounted
 * files of its own over it.
 */
function hasEngineMounts(mountinfo: string): boolean {
  return mountinfo.split("\n").some((line) => {
    const fields = line.split(" ");
    const [, , , root = "", at = ""] = fields;
    const [type = "", ...source] = fields.slice(fields.indexOf("-") + 1);
    if (at === "/") return type === "overlay" && ENGINE_FOLDERS.some((folder) => source.join(" ").includes(folder));
    if (type === "fuse.lxcfs") return at.startsWith("/proc/");
    return at.startsWith("/etc/") && LAID_OVER.test(root);
  });
}

function known(value: boolean, from: string): Reading<boolean> {
  return { state: "known", value, from, confidence: "FIRM" };
}
