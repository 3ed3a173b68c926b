import { mkdirSync } from "node:fs";
import { basename } from "node:path";
import {
  countImport,
  type FileAccount,
  type JobAccount,
  renderAccount,
  renderCounts,
} from "../../archive/import/account.js";
import { tagsOf } from "../../archive/import/component-recipe.js";
import { decide } from "../../archive/import/decide.js";
import { documentsOf } from "../../archive/import/documents.js";
import { importFiles, readImport } from "../../archive/import/input-files.js";
import { recognise } from "../../archive/import/recognise.js";
import type { Hints, Taken } from "../../archive/import/taken.js";
import type { JobFolder } from "../../archive/store/folder.js";
import { jobFolderWriter } from "../../archive/store/folder-writer.js";
import { digestOf, encodeKept } from "../../archive/store/kept.js";
import { InvalidInputError, UsageError } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { checkName, JOB_NAME, PROJECT_NAME } from "../../job/job-names.js";
import { decodeJobText } from "../../job/job-text.js";
import { sha256Hex } from "../../platform/digest.js";
import { parseYaml } from "../../platform/yaml.js";
import { type Command, parseOptions, type Terminal } from "../shared/command.js";
import { archiveFolder, openArchive } from "./open-archive.js";

const OPTIONS = {
  dir: { type: "string" },
  project: { type: "string" },
  "job-name": { type: "string" },
  tags: { type: "string" },
  replace: { type: "boolean" },
  strict: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** `packdrift archive import`: 0 when something was taken or there already, 1 when nothing was (with --strict: anything refused). */
export const archiveImport: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.dir === undefined) throw new UsageError("Needs the archive's folder: --dir DIR");
  if (positionals.length === 0) throw new UsageError("Nothing to import: needs files or folders");
  const { files, hints } = await asked(positionals, values).catch((error: unknown) => {
    throw error instanceof InvalidInputError ? new UsageError(error.message, { cause: error }) : error;
  });
  mkdirSync(values.dir, { recursive: true });
  const dir = archiveFolder(values.dir);
  const archive = openArchive(dir, () => {});
  const writer = jobFolderWriter(dir);
  const progress = progressBar(files.length, terminal);
  const accounts: FileAccount[] = [];
  for (const file of files) {
    progress.step(file);
    const jobs: JobAccount[] = [];
    for (const taken of await takenFrom(file, hints)) {
      jobs.push(await put(taken, basename(file), archive, writer.write, values.replace ?? false));
    }
    accounts.push({ file, jobs });
  }
  progress.end();
  const counts = countImport(accounts);
  if (values.json)
    terminal.out(`${JSON.stringify({ schema: "packdrift.archive-import/1", ...counts, accounts }, null, 1)}\n`);
  else terminal.out(accounts.map(renderAccount).join("") + renderCounts(counts));
  const failed = values.strict ? counts.refused > 0 : counts.refused > 0 && counts.taken + counts.unchanged === 0;
  return failed ? 1 : 0;
};

async function asked(
  paths: readonly string[],
  values: { project?: string | undefined; "job-name"?: string | undefined; tags?: string | undefined },
): Promise<{ files: readonly string[]; hints: Hints }> {
  const project = values.project === undefined ? null : checkName(values.project, PROJECT_NAME);
  const job = values["job-name"] === undefined ? null : checkName(values["job-name"], JOB_NAME);
  const tags = values.tags === undefined ? {} : await readTags(values.tags);
  return { files: await importFiles(paths), hints: { project, job, tags } };
}

async function readTags(file: string): Promise<Readonly<Record<string, string>>> {
  const [document] = documentsOf(decodeJobText(await readImport(file), file), file, parseYaml);
  const tags = isObject(document)
    ? tagsOf("tags" in document || "Tags" in document ? document : { tags: document })
    : {};
  if (Object.keys(tags).length === 0) throw new InvalidInputError(`Cannot read tags from "${file}": has none`);
  return tags;
}

/** Everything in one file; what cannot be read is one refusal. */
async function takenFrom(file: string, hints: Hints): Promise<readonly Taken[]> {
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

async function put(
  taken: Taken,
  from: string,
  archive: JobFolder,
  write: ReturnType<typeof jobFolderWriter>["write"],
  replace: boolean,
): Promise<JobAccount> {
  if ("refused" in taken) {
    const nobody = { project: null, job: null, origin: null, reconstructed: false, guessed: [] };
    return { ...nobody, outcome: "REFUSED", why: taken.refused };
  }
  const { ref, description, origin, guessed } = taken;
  const digest = digestOf(description, sha256Hex);
  const kept = await archive.load(ref).catch((error: unknown) => {
    // A damaged file is no reason to keep the good one out.
    if (error instanceof InvalidInputError) return null;
    throw error;
  });
  const keptDigest = kept === null ? null : digestOf(kept.description, sha256Hex);
  const candidate = { origin, digest, updatedAt: description.LastUpdatedTimestamp };
  const decision = decide(candidate, kept, keptDigest, replace);
  const reconstructed = origin !== "DESCRIBE";
  if (decision.action === "TAKE") {
    const note = { schema: "packdrift.archived-job/1", origin, reconstructed, from, guessed, digest } as const;
    await write(ref, encodeKept(description, note));
  }
  const outcome = OUTCOMES[decision.action];
  return { ...ref, origin, reconstructed, outcome, guessed: outcome === "TAKEN" ? guessed : [], why: decision.why };
}

const OUTCOMES = { TAKE: "TAKEN", LEAVE: "UNCHANGED", REFUSE: "REFUSED" } as const;

const FEW = 20;
const BAR = 30;

/** One line that is drawn again and again, for many files on a terminal. */
function progressBar(total: number, terminal: Terminal): { step(file: string): void; end(): void } {
  if (total <= FEW || !terminal.isTerminal || terminal.env.TERM === "dumb") return { step() {}, end() {} };
  let done = 0;
  let drawn = -1;
  const draw = (): void => {
    const percent = Math.floor((done / total) * 100);
    if (percent === drawn) return;
    drawn = percent;
    const filled = Math.floor((done / total) * BAR);
    terminal.err(`\r[${"#".repeat(filled)}${".".repeat(BAR - filled)}] ${done}/${total} files`);
  };
  return {
    step() {
      draw();
      done += 1;
    },
    end() {
      draw();
      terminal.err("\n");
    },
  };
}
