import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { ExpectedError } from "../base/errors.js";
import { reasonOf } from "../base/system-errors.js";
import { hanging } from "../base/terminal-text.js";
import { escapeControls } from "../base/text.js";
import { detectFacts } from "../device/detect.js";
import { readDropIns } from "../device/drop-ins.js";
import type { Host } from "../device/host.js";
import { recordHost } from "../device/snapshot/record-host.js";
import { type PersonalNames, redact } from "../device/snapshot/redact.js";
import { snapshotFiles } from "../device/snapshot/snapshot-files.js";
import type { Tree } from "../device/snapshot/tree-host.js";
import { encodeTar } from "../platform/tar.js";
import { SNAPSHOT } from "./help/specs/snapshot.js";
import type { Command } from "./shared/command.js";
import { hostAt } from "./shared/host-at.js";
import { parseOptions } from "./shared/parse-options.js";
import { progress, withProgress } from "./shared/progress-bar.js";
import { lineWidth } from "./shared/terminal.js";

/** `packdrift snapshot`: packs the files that packdrift reads on a machine into one archive, without personal details. */
export const snapshot: Command = async (args, terminal) => {
  const { values } = parseOptions(args, SNAPSHOT);
  const host = hostAt(values.root);
  const reading = progress(terminal, "Reading files", null);
  const recording = recordHost(withProgress(host, reading));
  detectFacts(recording.host, readDropIns(recording.host).declared);
  terminal.status("Packing them …");
  const { tree, replaced } = redact(recording.tree(), namesOn(host));
  const archive = gzipSync(encodeTar(snapshotFiles(tree, PACKDRIFT_VERSION)), { level: 9 });
  const file = values.out;
  write(file, archive);
  const summary = { file, sizeBytes: archive.length, ...contentsOf(tree), replaced };
  terminal.out(values.json ? `${JSON.stringify(summary, null, 1)}\n` : asText(summary, lineWidth(terminal)));
  return 0;
};

interface Summary {
  readonly file: string;
  readonly sizeBytes: number;
  /** Files taken with their content. */
  readonly whole: readonly string[];
  /** Files of which only some bytes were taken. */
  readonly parts: readonly string[];
  /** How many more files are in it by name only. */
  readonly names: number;
  readonly unreadable: Readonly<Record<string, string>>;
  readonly replaced: readonly string[];
}

function contentsOf({ nodes, answers }: Tree): Omit<Summary, "file" | "sizeBytes" | "replaced"> {
  const files = [...nodes].sort(([a], [b]) => (a < b ? -1 : 1));
  const whole = files.flatMap(([path, node]) => (node.kind === "file" && "content" in node ? [path] : []));
  const parts = files.flatMap(([path, node]) =>
    node.kind === "file" && "slices" in node && node.slices.length > 0 ? [path] : [],
  );
  const names = files.length - whole.length - parts.length;
  return { whole, parts, names, unreadable: Object.fromEntries(answers.unreadable) };
}

function asText({ file, sizeBytes, whole, parts, names, unreadable, replaced }: Summary, width: number): string {
  const left = Object.entries(unreadable).map(([path, why]) => `  ${path}: ${why}`);
  return [
    `Wrote ${file} (${Math.ceil(sizeBytes / 1024)} kB).`,
    "",
    `Taken whole (${whole.length} files):`,
    ...whole.map((path) => `  ${path}`),
    `Taken in part (${parts.length} files):`,
    ...parts.map((path) => `  ${path}`),
    `Taken by name only: ${names} files, folders and links.`,
    ...(left.length === 0 ? [] : [`Not readable (${left.length}):`, ...left]),
    replaced.length === 0 ? "Nothing personal was found in them." : `Replaced: ${replaced.join(", ")}.`,
    "",
    "Look through it before you send it: tar -tzf lists it, and packdrift facts --root reads it.",
    "",
  ]
    .flatMap((line) => fitted(escapeControls(line), width))
    .join("\n");
}

/** Wraps a line, keeping its indentation. */
function fitted(line: string, width: number): readonly string[] {
  const [, blanks = "", text = ""] = /^( *)(.*)$/.exec(line) ?? [];
  return hanging(text, width - blanks.length).map((part) => (part === "" ? "" : blanks + part));
}

function write(file: string, archive: Uint8Array): void {
  try {
    writeFileSync(file, archive, { mode: 0o644 });
  } catch (error) {
    throw new ExpectedError(`Cannot write the snapshot to "${file}": ${reasonOf(error)}`, { cause: error });
  }
}

/** Names of people and of the machine, which must not appear in the snapshot. */
function namesOn(host: Host): PersonalNames {
  const read = (path: string) => {
    const look = host.text(path);
    return look.state === "found" ? look.value : "";
  };
  const users = read("/etc/passwd")
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([, , uid = ""]) => Number(uid) >= 1000 && Number(uid) < 65_534)
    .map(([name = ""]) => name);
  const hosts = [read("/etc/hostname"), read("/proc/sys/kernel/hostname")].map((name) => name.trim());
  return { users, hosts: [...new Set(hosts)].filter((name) => name !== "" && name !== "localhost") };
}
