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
  /** NONE: a file without the archive's note. */
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

/** Widths of the columns with names. */
interface Widths {
  readonly project: number;
  readonly job: number;
}

/** The head of a table, with its line end. */
export function renderHead(widths: Widths): string {
  return line(["PROJECT", "JOB", "STATUS", "TARGET", "UPDATED", "FROM", "COMPONENT"], widths);
}

/** One row of a table, with its line end. Control characters from a file are shown as "?". */
export function renderRow(row: ArchiveRow, widths: Widths): string {
  const day = row.updatedAt?.slice(0, 10) ?? "-";
  const from = row.origin === "NONE" ? "-" : `${row.origin.toLowerCase()}${row.reconstructed ? "*" : ""}`;
  const rest =
    row.damaged === null ? [row.status, row.target, day, from, row.component] : ["DAMAGED", "", "", "", row.damaged];
  return line([row.project, row.job, ...rest.map((cell) => cell ?? "-")], widths);
}

function line(cells: readonly string[], { project, job }: Widths): string {
  const widths = [project, job, 9, 20, 10, 11, 0];
  const padded = cells.map((cell, at) => cell.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?").padEnd(widths[at] ?? 0));
  return `${padded.join("  ").trimEnd()}\n`;
}

function targetOf(requested: GreengrassConfiguration | undefined): string | null {
  const platform = requested?.TargetPlatform;
  if (platform === undefined) return requested?.TargetDevice ?? null;
  const parts = [requested?.TargetDevice, platform.Os, platform.Arch, platform.Accelerator ?? "CPU"];
  return parts.filter((part) => part !== undefined).join("/");
}
