import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { snapshotFiles } from "../src/device/snapshot/snapshot-files.js";
import type { TreeNode } from "../src/device/snapshot/tree-host.js";
import { encodeTar } from "../src/platform/tar.js";
import { sharedObject } from "../test/base/elf-bytes.js";
import { ldCache } from "../test/device/ld-cache-bytes.js";

const LIB = "/usr/lib/aarch64-linux-gnu";
const AARCH64 = 183;
/** The loader's flags of an arm64 library in its cache. */
const ARM64_CACHE = 0x0a03;
const GIB = 1024 ** 3;

/**
 * A snapshot of the recorded AGX Xavier with JetPack 4.5, as a run on the board itself would take it: beside what its owner
 * published (test/hosts/SOURCES.md) it has what every such board has, the programs and C library of Ubuntu 18.04, NVIDIA's libcuda
 * for L4T, the loader's cache, device nodes, 32 GB of memory.
 */
export function xavierSnapshot(hosts: string, version: string): Uint8Array {
  const recorded = join(hosts, "agx-xavier-jp45");
  const program = sharedObject({ machine: AARCH64 });
  const library = (soname: string): TreeNode => ({
    kind: "file",
    content: sharedObject({ machine: AARCH64, soname }),
  });
  const libraries = {
    "libcuda.so.1": `${LIB}/tegra/libcuda.so.1.1`,
    "libcudnn.so.8": `${LIB}/libcudnn.so.8.0.0`,
    "libnvinfer.so.7": `${LIB}/libnvinfer.so.7.1.3`,
  };
  const cache = ldCache(
    Object.entries(libraries).map(([soname, path]) => [soname, path]),
    ARM64_CACHE,
  );
  const nodes = new Map<string, TreeNode>([
    ...filesOf(recorded).filter(([path]) => !/^\/(UNAME|expected)\.json$/.test(path)),
    ["/bin/sh", { kind: "file", content: program }],
    ["/usr/bin/env", { kind: "file", content: program }],
    ["/usr/bin/ldd", written("echo 'ldd (Ubuntu GLIBC 2.27-3ubuntu1.4) 2.27'\n")],
    ["/etc/ld.so.cache", { kind: "file", content: cache }],
    ["/proc/meminfo", written("MemTotal:       32692948 kB\nMemAvailable:   27318204 kB\n")],
    ["/proc/mounts", written("/dev/mmcblk0p1 / ext4 rw,relatime 0 0\n")],
    ...Object.entries(libraries).map(([soname, path]) => [path, library(soname)] as const),
    [`${LIB}/tegra/libcuda.so.1`, { kind: "link", target: "libcuda.so.1.1" }],
    [`${LIB}/libcudnn.so.8`, { kind: "link", target: "libcudnn.so.8.0.0" }],
    [`${LIB}/libnvinfer.so.7`, { kind: "link", target: "libnvinfer.so.7.1.3" }],
    ["/dev/null", { kind: "character device" }],
  ]);
  const opened = [...nodes.keys()].filter((path) => /^\/dev\/nv/.test(path));
  for (const path of opened) nodes.set(path, { kind: "character device" });
  const denied = new Map<string, string | null>([
    ...opened.map((path) => [`read-write ${path}`, null] as const),
    ...Object.values(libraries).map((path) => [`read ${path}`, null] as const),
  ]);
  const uname = JSON.parse(readFileSync(join(recorded, "UNAME.json"), "utf8"));
  const answers = { unreadable: new Map(), denied, freeBytes: new Map([["/", 9.3 * GIB]]), environment: new Map() };
  return gzipSync(encodeTar(snapshotFiles({ uname: { ...uname, from: "uname" }, nodes, answers }, version)));
}

const written = (text: string): TreeNode => ({ kind: "file", content: Buffer.from(text) });

function filesOf(folder: string, above = ""): [string, TreeNode][] {
  return readdirSync(join(folder, above), { withFileTypes: true }).flatMap((entry): [string, TreeNode][] => {
    const path = `${above}/${entry.name}`;
    if (entry.isDirectory()) return filesOf(folder, path);
    if (entry.isSymbolicLink()) return [[path, { kind: "link", target: readlinkSync(join(folder, path)) }]];
    return [[path, { kind: "file", content: readFileSync(join(folder, path)) }]];
  });
}
