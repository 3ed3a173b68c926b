import { damagedRow, renderHead, renderRow, rowOf } from "../../archive/store/row.js";
import { InvalidInputError, UsageError } from "../../base/errors.js";
import { countOf, escapeControls, printable } from "../../base/text.js";
import { lengthOf } from "../../base/text-width.js";
import { checkJobRef, type JobRef } from "../../job/job-names.js";
import { ARCHIVE_LIST, ARCHIVE_SHOW } from "../help/specs/archive.js";
import type { Command } from "../shared/command.js";
import { parseOptions } from "../shared/parse-options.js";
import { lineWidth } from "../shared/terminal.js";
import { archiveEntries, archiveFolder, openArchive } from "./open-archive.js";

/** `packdrift archive list`: writes a row for each job as soon as it is read, so it works for archives of any size. */
export const archiveList: Command = async (args, terminal) => {
  const { values } = parseOptions(args, ARCHIVE_LIST);
  const archive = openArchive(archiveFolder(values.dir), (file, why) =>
    terminal.err(`${escapeControls(`Skipped ${file}: ${why}`)}\n`),
  );
  const projects = (await archive.projects()).filter((name) => values.project === undefined || name === values.project);
  if (values.project !== undefined && projects.length === 0) {
    throw new InvalidInputError(`Cannot list project "${values.project}": the archive has no such project`);
  }
  const widths = { project: widest("PROJECT", projects), job: "JOB".length, line: lineWidth(terminal) };
  for (const project of projects) widths.job = Math.max(widths.job, widest("JOB", await archive.jobs(project)));
  terminal.out(values.json ? '{"schema":"packdrift.archive-list/1","jobs":[' : renderHead(widths));
  let count = 0;
  let reconstructed = false;
  for await (const entry of archiveEntries(archive, values.project)) {
    const row = "stored" in entry ? rowOf(entry.ref, entry.stored) : damagedRow(entry.ref, entry.damaged);
    terminal.out(values.json ? `${count === 0 ? "" : ","}\n${JSON.stringify(row)}` : renderRow(row, widths));
    count += 1;
    reconstructed ||= row.reconstructed;
  }
  const total = `${countOf(count, "job")}${reconstructed ? " (* reconstructed)" : ""}`;
  terminal.out(values.json ? "\n]}\n" : `${total}\n`);
  return 0;
};

/** `packdrift archive show PROJECT/JOB`: the answer that a client gets; with --json, the archive's note too. */
export const archiveShow: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, ARCHIVE_SHOW);
  const archive = openArchive(archiveFolder(values.dir), () => {});
  const ref = refOf(values.project, values["job-name"], positionals);
  const stored = await archive.load(ref).catch((error: unknown) => {
    throw error instanceof InvalidInputError ? new UsageError(error.message, { cause: error }) : error;
  });
  if (stored === null)
    throw new InvalidInputError(`Cannot show ${ref.project}/${ref.job}: the archive has no such job`);
  const { description, note } = stored;
  const answer = { ModelPackagingDescription: description };
  terminal.out(`${JSON.stringify(values.json ? { ...answer, packdrift: note } : answer, null, 2)}\n`);
  if (!values.json && note?.reconstructed) {
    terminal.err(`${escapeControls(`Reconstructed from ${note.from} (${note.origin.toLowerCase()}):`)}\n`);
    for (const sentence of note.guessed) terminal.err(`  ${escapeControls(sentence)}\n`);
  }
  return 0;
};

function refOf(project: string | undefined, job: string | undefined, words: readonly string[]): JobRef {
  const [word] = words;
  if (word === undefined && project === undefined) {
    throw new UsageError("archive show needs a job: PROJECT/JOB, or --project and --job-name");
  }
  if (word !== undefined && !word.includes("/")) {
    throw new UsageError(`archive show needs PROJECT/JOB, has "${word}"`);
  }
  const [first, ...rest] = word === undefined ? [project, job ?? ""] : word.split("/");
  try {
    return checkJobRef(first, rest.join("/"));
  } catch (error) {
    throw error instanceof InvalidInputError ? new UsageError(error.message, { cause: error }) : error;
  }
}

function widest(head: string, names: readonly string[]): number {
  return names.reduce((most, name) => Math.max(most, lengthOf(printable(name))), head.length);
}
