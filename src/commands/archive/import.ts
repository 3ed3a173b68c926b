import { mkdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import {
  countImport,
  type FileAccount,
  foldedAccount,
  type JobAccount,
  renderAccount,
  renderCounts,
} from "../../archive/import/account.js";
import { tagsOf } from "../../archive/import/component-tags.js";
import { documentsOf } from "../../archive/import/documents.js";
import type { Hints } from "../../archive/import/extracted.js";
import { type ImportTarget, importJob } from "../../archive/import/import-job.js";
import { importInputs, readImport } from "../../archive/import/input-files.js";
import { jobFolderWriter } from "../../archive/store/folder-writer.js";
import { InvalidInputError, UsageError } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import type { Host } from "../../device/host.js";
import { linuxHost } from "../../device/linux-host.js";
import { checkName, JOB_NAME_RULE, PROJECT_NAME_RULE } from "../../job/job-names.js";
import { decodeJobText } from "../../job/job-text.js";
import { isModelFolder } from "../../model/find-models.js";
import { sha256Hex } from "../../platform/digest.js";
import { parseYaml } from "../../platform/yaml.js";
import { ARCHIVE_IMPORT } from "../help/specs/archive.js";
import type { Command } from "../shared/command.js";
import { parseOptions } from "../shared/parse-options.js";
import { progress } from "../shared/progress-bar.js";
import { lineWidth } from "../shared/terminal.js";
import { jobsOf } from "./input-jobs.js";
import { archiveFolder, openArchive } from "./open-archive.js";

/** `packdrift archive import`: exits with 0 if a job was imported or present, else 1 (with --strict: 1 if any was refused). */
export const archiveImport: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, ARCHIVE_IMPORT);
  const host = linuxHost("/");
  const { inputs, hints } = await readArguments(positionals, values, host).catch(asUsageError);
  const target = openTarget(values.dir, values.replace);
  const total = inputs.reduce((count, { files, models }) => count + files.length + models.length, 0);
  const shown = progress(terminal, "Importing", total);
  const accounts: FileAccount[] = [];
  for (const input of inputs) {
    for (const { file, extracted } of jobsOf(input, hints, host)) {
      shown.step();
      const jobs: JobAccount[] = [];
      for (const job of extracted) jobs.push(await importJob(job, basename(file), target));
      accounts.push({ file, jobs });
    }
  }
  shown.end();
  const counts = countImport(accounts);
  const width = lineWidth(terminal);
  const json = { schema: "packdrift.archive-import/1", ...counts, accounts: accounts.map(foldedAccount) };
  terminal.out(
    values.json
      ? `${JSON.stringify(json, null, 1)}\n`
      : accounts.map((account) => renderAccount(account, width)).join("") + renderCounts(counts),
  );
  const failed = values.strict ? counts.refused > 0 : counts.refused > 0 && counts.taken + counts.unchanged === 0;
  return failed ? 1 : 0;
};

type Values = { readonly [option in "project" | "job-name" | "tags"]?: string | undefined };

async function readArguments(paths: readonly string[], values: Values, host: Host) {
  const hints: Hints = {
    project: values.project === undefined ? null : checkName(values.project, PROJECT_NAME_RULE),
    job: values["job-name"] === undefined ? null : checkName(values["job-name"], JOB_NAME_RULE),
    tags: values.tags === undefined ? {} : readTags(values.tags),
  };
  return { inputs: await importInputs(paths, (folder) => isModelFolder(host, resolve(folder))), hints };
}

function asUsageError(error: unknown): never {
  throw error instanceof InvalidInputError ? new UsageError(error.message, { cause: error }) : error;
}

function readTags(file: string): Readonly<Record<string, string>> {
  const [document] = documentsOf(decodeJobText(tagsFile(file), file), file, parseYaml);
  const answer = isObject(document) ? document : {};
  const tags = tagsOf("tags" in answer || "Tags" in answer ? answer : { tags: answer });
  if (Object.keys(tags).length === 0) throw new InvalidInputError(`Cannot read tags from "${file}": it has none`);
  return tags;
}

function tagsFile(file: string): Uint8Array {
  try {
    return readImport(file);
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause;
    throw new InvalidInputError(`Cannot read tags from "${file}": ${cause.message}`, { cause });
  }
}

function openTarget(folder: string, replace: boolean): ImportTarget {
  mkdirSync(folder, { recursive: true });
  const dir = archiveFolder(folder);
  const { load } = openArchive(dir, () => {});
  return { load, write: jobFolderWriter(dir).write, sha256: sha256Hex, replace };
}
