import { indent, wrap } from "../../base/terminal-text.js";
import { printable } from "../../base/text.js";
import { padTo } from "../../base/text-width.js";
import type { JobRef } from "../../job/job-names.js";
import type { GreengrassConfiguration } from "../../job/wire.js";
import { epochMilliseconds } from "../../job/wire-answer.js";
import type { Origin, StoredJob } from "./stored-job.js";

/** One job in the list of an archive; members missing from the description are null. */
interface ArchiveRow {
  readonly project: string;
  readonly job: string;
  readonly status: string | null;
  /** `jetson_xavier`, `LINUX/ARM64/NVIDIA`, `LINUX/X86_64/CPU` */
  readonly target: string | null;
  /** ISO 8601, UTC. */
  readonly updatedAt: string | null;
  /** NONE: the file has no note of the archive. */
  readonly origin: Origin | "NONE";
  readonly reconstructed: boolean;
  /** `com.example.A 1.0.0` */
  readonly component: string | null;
  readonly damaged: string | null;
}

/** The row of a job. */
export function rowOf({ project, job }: JobRef, { description, note }: StoredJob): ArchiveRow {
  const requested = description.ModelPackagingConfiguration?.Greengrass;
  const made = description.ModelPackagingOutputDetails?.Greengrass;
  const updated = epochMilliseconds(description.LastUpdatedTimestamp ?? description.CreationTimestamp);
  const name = made?.ComponentName ?? requested?.ComponentName;
  const version = made?.ComponentVersion ?? requested?.ComponentVersion;
  return {
    project,
    job,
    status: description.Status ?? null,
    target: targetOf(requested),
    updatedAt: updated === null ? null : new Date(updated).toISOString(),
    origin: note?.origin ?? "NONE",
    reconstructed: note?.reconstructed ?? false,
    component: [name, version].filter((part) => part !== undefined).join(" ") || null,
    damaged: null,
  };
}

/** The row of a damaged file. */
export function damagedRow({ project, job }: JobRef, why: string): ArchiveRow {
  const nothing = { status: null, target: null, updatedAt: null, component: null };
  return { project, job, ...nothing, origin: "NONE", reconstructed: false, damaged: why };
}

/** Widths of the columns with names, and of the whole. */
interface Widths {
  readonly project: number;
  readonly job: number;
  readonly line: number;
}

/** The header of a table, with its line end; empty if jobs are listed one below the other. */
export function renderHead(widths: Widths): string {
  if (!isTable(widths)) return "";
  return tableLines(["PROJECT", "JOB", "STATUS", "TARGET", "UPDATED", "FROM", "COMPONENT"], widths);
}

/**
 * A job with its line ends: as a row or, if the names are too long for one, as a few lines. Unsafe characters become
 * "?".
 */
export function renderRow(row: ArchiveRow, widths: Widths): string {
  const day = row.updatedAt?.slice(0, 10) ?? "-";
  const from = row.origin === "NONE" ? "-" : `${row.origin.toLowerCase()}${row.reconstructed ? "*" : ""}`;
  const rest =
    row.damaged === null ? [row.status, row.target, day, from, row.component] : ["DAMAGED", "", "", "", row.damaged];
  const cells = [row.project, row.job, ...rest.map((cell) => cell ?? "-")].map(printable);
  return isTable(widths) ? tableLines(cells, widths) : blockLines(cells, widths.line);
}

const GAP = 2;
const FIXED = [9, 20, 10, 11] as const;
/** Enough for most names of components. */
const LEAST_LAST = 24;

function isTable(widths: Widths): boolean {
  return beforeLast(widths) + LEAST_LAST <= widths.line;
}

function beforeLast({ project, job }: Widths): number {
  return [project, job, ...FIXED].reduce((sum, column) => sum + column + GAP, 0);
}

function tableLines(cells: readonly string[], widths: Widths): string {
  const left = beforeLast(widths);
  const columns = [widths.project, widths.job, ...FIXED];
  const head = columns.map((column, at) => `${padTo(cells[at] ?? "", column)}${" ".repeat(GAP)}`).join("");
  const last = wrap(cells[columns.length] ?? "", widths.line - left);
  return last
    .map((line, at) => `${(at === 0 ? head : " ".repeat(left)) + line}`.trimEnd())
    .join("\n")
    .concat("\n");
}

function blockLines([project = "", job = "", ...rest]: readonly string[], width: number): string {
  const about = rest.filter((cell) => cell !== "" && cell !== "-").join("  ");
  const lines = [...wrap(`${project}/${job}`, width), ...indent(wrap(about, width - INDENT), INDENT)];
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

const INDENT = 4;

function targetOf(requested: GreengrassConfiguration | undefined): string | null {
  const platform = requested?.TargetPlatform;
  if (platform === undefined) return requested?.TargetDevice ?? null;
  const parts = [requested?.TargetDevice, platform.Os, platform.Arch, platform.Accelerator ?? "CPU"];
  return parts.filter((part) => part !== undefined).join("/");
}
