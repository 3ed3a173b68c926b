import { labelled, wrap } from "../../base/terminal-text.js";
import { countOf, escapeControls } from "../../base/text.js";
import type { Origin } from "../store/stored-job.js";

/** The result of importing one job of a file. */
export interface JobAccount {
  /** Null if nothing was extracted. */
  readonly project: string | null;
  readonly job: string | null;
  readonly outcome: "TAKEN" | "UNCHANGED" | "REFUSED";
  readonly origin: Origin | null;
  readonly reconstructed: boolean;
  /** What was guessed, changed, left out or found wrong, in sentences. */
  readonly guessed: readonly string[];
  /** Why it was refused, replaced another one or was left out; null if that is obvious. */
  readonly why: string | null;
}

/** The result of importing one file: at least one job, or a refusal. */
export interface FileAccount {
  readonly file: string;
  readonly jobs: readonly JobAccount[];
}

/** The number of jobs per outcome. */
interface ImportCounts {
  readonly files: number;
  readonly taken: number;
  readonly unchanged: number;
  readonly refused: number;
}

/** The counts of an import. */
export function countImport(accounts: readonly FileAccount[]): ImportCounts {
  const jobs = accounts.flatMap((account) => account.jobs);
  const of = (outcome: JobAccount["outcome"]) => jobs.filter((job) => job.outcome === outcome).length;
  return { files: accounts.length, taken: of("TAKEN"), unchanged: of("UNCHANGED"), refused: of("REFUSED") };
}

const ORIGIN_TEXTS: Readonly<Record<Origin, string>> = {
  DESCRIBE: "answer of DescribeModelPackagingJob",
  CLOUDTRAIL: "reconstructed from the request that started it",
  NEO: "mapped from a SageMaker Neo compilation job",
  MODEL: "reconstructed from a packaged model's files",
  RECIPE: "reconstructed from a Greengrass component",
};
const OUTCOME_TEXTS = { TAKEN: "imported", UNCHANGED: "unchanged", REFUSED: "refused" } as const;

/** One file's account as text of at most `width` columns, each line ended; entries that are refused alike have one line. */
export function renderAccount({ file, jobs }: FileAccount, width: number): string {
  const row = (label: string, text: string, labelWidth: number) =>
    labelled(label, escapeControls(text), width, labelWidth);
  const lines = countedAlike(jobs).flatMap(([job, count]) => {
    const times = count === 1 ? "" : ` (${count} times)`;
    const origin = job.origin === null ? "" : ` (${ORIGIN_TEXTS[job.origin]})`;
    const what =
      job.project === null ? job.why : `${job.project}/${job.job}${origin}${job.why === null ? "" : `: ${job.why}`}`;
    const notes = job.guessed.flatMap((sentence) =>
      row(`${" ".repeat(LABEL)}note:`, sentence, LABEL + "note: ".length),
    );
    return [...row(`  ${OUTCOME_TEXTS[job.outcome]}`, `${what ?? ""}${times}`, LABEL), ...notes];
  });
  return [...wrap(escapeControls(file), width), ...lines].map((line) => `${line}\n`).join("");
}

/** An account for machines: entries that are refused alike are listed once, with how many there are as `times`. */
export function foldedAccount({ file, jobs }: FileAccount): object {
  return { file, jobs: countedAlike(jobs).map(([job, times]) => (times === 1 ? job : { ...job, times })) };
}

/** Each job, or the first of those that are nameless and refused for the same reason: of a log those may be most. */
function countedAlike(jobs: readonly JobAccount[]): readonly (readonly [job: JobAccount, count: number])[] {
  const counts = new Map<unknown, number>();
  const kindOf = (job: JobAccount) => (job.project === null && job.guessed.length === 0 ? job.why : job);
  for (const job of jobs) counts.set(kindOf(job), (counts.get(kindOf(job)) ?? 0) + 1);
  return jobs.flatMap((job) => {
    const count = counts.get(kindOf(job)) ?? 0;
    counts.delete(kindOf(job));
    return count === 0 ? [] : [[job, count]];
  });
}

const LABEL = 12;

/** The counts of an import in one line. */
export function renderCounts({ files, taken, unchanged, refused }: ImportCounts): string {
  return `${countOf(files, "file")}: ${taken} imported, ${unchanged} unchanged, ${refused} refused\n`;
}
