import { mkdirSync } from "node:fs";
import { basename } from "node:path";
import {
  countImport,
  type FileAccount,
  type JobAccount,
  renderAccount,
  renderCounts,
} from "../../archive/import/account.js";
import { tagsOf } from "../../archive/import/component-tags.js";
import { documentsOf } from "../../archive/import/documents.js";
import type { Extracted, Hints } from "../../archive/import/extracted.js";
import { type ImportTarget, importJob } from "../../archive/import/import-job.js";
import { importFiles, readImport } from "../../archive/import/input-files.js";
import { recognise } from "../../archive/import/recognise.js";
import { jobFolderWriter } from "../../archive/store/folder-writer.js";
import { InvalidInputError, UsageError } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { checkName, JOB_NAME, PROJECT_NAME } from "../../job/job-names.js";
import { decodeJobText } from "../../job/job-text.js";
import { sha256Hex } from "../../platform/digest.js";
import { parseYaml } from "../../platform/yaml.js";
import { type Command, parseOptions } from "../shared/command.js";
import { archiveFolder, openArchive } from "./open-archive.js";
import { progressBar } from "./progress-bar.js";

const OPTIONS = {
  dir: { type: "string" },
  project: { type: "string" },
  "job-name": { type: "string" },
  tags: { type: "string" },
  replace: { type: "boolean" },
  strict: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** `packdrift archive import`: exits with 0 if a job was imported or present, else 1 (with --strict: 1 if any was refused). */
export const archiveImport: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.dir === undefined) throw new UsageError("archive import: --dir DIR is missing");
  if (positionals.length === 0) throw new UsageError("archive import: nothing to import, needs files or folders");
  const { files, hints } = await readArguments(positionals, values).catch(asUsageError);
  const target = openTarget(values.dir, values.replace ?? false);
  const progress = progressBar(files.length, terminal);
  const accounts: FileAccount[] = [];
  for (const file of files) {
    progress.step();
    const jobs: JobAccount[] = [];
    for (const extracted of await jobsIn(file, hints)) jobs.push(await importJob(extracted, basename(file), target));
    accounts.push({ file, jobs });
  }
  progress.end();
  const counts = countImport(accounts);
  const json = { schema: "packdrift.archive-import/1", ...counts, accounts };
  terminal.out(
    values.json ? `${JSON.stringify(json, null, 1)}\n` : accounts.map(renderAccount).join("") + renderCounts(counts),
  );
  const failed = values.strict ? counts.refused > 0 : counts.refused > 0 && counts.taken + counts.unchanged === 0;
  return failed ? 1 : 0;
};

type Values = { readonly [option in "project" | "job-name" | "tags"]?: string | undefined };

async function readArguments(paths: readonly string[], values: Values) {
  const hints: Hints = {
    project: values.project === undefined ? null : checkName(values.project, PROJECT_NAME),
    job: values["job-name"] === undefined ? null : checkName(values["job-name"], JOB_NAME),
    tags: values.tags === undefined ? {} : await readTags(values.tags),
  };
  return { files: await importFiles(paths), hints };
}

function asUsageError(error: unknown): never {
  throw error instanceof InvalidInputError ? new UsageError(error.message, { cause: error }) : error;
}

async function readTags(file: string): Promise<Readonly<Record<string, string>>> {
  const [document] = documentsOf(decodeJobText(await readImport(file), file), file, parseYaml);
  const answer = isObject(document) ? document : {};
  const tags = tagsOf("tags" in answer || "Tags" in answer ? answer : { tags: answer });
  if (Object.keys(tags).length === 0) throw new InvalidInputError(`Cannot read tags from "${file}": it has none`);
  return tags;
}

function openTarget(folder: string, replace: boolean): ImportTarget {
  mkdirSync(folder, { recursive: true });
  const dir = archiveFolder(folder);
  const { load } = openArchive(dir, () => {});
  return { load, write: jobFolderWriter(dir).write, sha256: sha256Hex, replace };
}

/** All jobs in one file; a file that cannot be read gives one refusal. */
async function jobsIn(file: string, hints: Hints): Promise<readonly Extracted[]> {
  try {
    const documents = documentsOf(decodeJobText(await readImport(file), file), file, parseYaml);
    return documents.length === 0
      ? [{ refused: "holds nothing" }]
      : documents.map((document) => recognise(document, hints));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return [{ refused: error.message.replace(/^Cannot read job from "(?:[^"\\]|\\.)*": /, "") }];
  }
}
