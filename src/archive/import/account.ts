import type { Origin } from "../store/kept.js";

/** What became of one job in a file. */
export interface JobAccount {
  /** Null where the document names none. */
  readonly project: string | null;
  readonly job: string | null;
  readonly outcome: "TAKEN" | "UNCHANGED" | "REFUSED";
  readonly origin: Origin | null;
  readonly reconstructed: boolean;
  /** What was guessed, changed or left out, in sentences. */
  readonly guessed: readonly string[];
  /** Why it was refused, or replaced or left another; null when that is plain. */
  readonly why: string | null;
}

/** What became of one file: at least one job, or a refusal. */
export interface FileAccount {
  readonly file: string;
  readonly jobs: readonly JobAccount[];
}

/** How many jobs had which outcome. */
export interface ImportCounts {
  readonly files: number;
  readonly taken: number;
  readonly unchanged: number;
  readonly refused: number;
}

/** Adds up an import. */
export function countImport(accounts: readonly FileAccount[]): ImportCounts {
  const jobs = accounts.flatMap((account) => account.jobs);
  const of = (outcome: JobAccount["outcome"]) => jobs.filter((job) => job.outcome === outcome).length;
  return { files: accounts.length, taken: of("TAKEN"), unchanged: of("UNCHANGED"), refused: of("REFUSED") };
}

const WORDS: Readonly<Record<Origin, string>> = {
  DESCRIBE: "answer of DescribeModelPackagingJob",
  CLOUDTRAIL: "reconstructed from a CloudTrail record",
  NEO: "mapped from a SageMaker Neo compilation job",
  RECIPE: "reconstructed from a Greengrass component",
};

/** One file's account in words, each line ended. */
export function renderAccount({ file, jobs }: FileAccount): string {
  const lines = jobs.flatMap((job) => {
    const origin = job.origin === null ? "" : ` (${WORDS[job.origin]})`;
    const what =
      job.project === null ? job.why : `${job.project}/${job.job}${origin}${job.why === null ? "" : `: ${job.why}`}`;
    const guessed = job.guessed.map((sentence) => `            guessed: ${sentence}`);
    return [`  ${job.outcome.toLowerCase().padEnd(9)} ${what}`, ...guessed];
  });
  return [file, ...lines].map((line) => `${line}\n`).join("");
}

/** The sum of an import in one line. */
export function renderCounts({ files, taken, unchanged, refused }: ImportCounts): string {
  return `${files} file${files === 1 ? "" : "s"}: ${taken} taken, ${unchanged} unchanged, ${refused} refused\n`;
}
