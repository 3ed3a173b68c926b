import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { InvalidInputError, JobUnavailableError, messageOf } from "../../base/errors.js";
import type { Settings } from "../../config/settings.js";
import { namedJob } from "../../examiner/named-job.js";
import { chosenSource, type SourceParts } from "../../sources/choose.js";
import { describeJob } from "../../sources/lookup.js";
import { titleOf } from "../../sources/source.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";

interface SourceQuestion {
  readonly settings: Pick<Settings, "source" | "jobs">;
  readonly parts: Omit<SourceParts, "note">;
  readonly nowMs: () => number;
}

const LIMIT_MS = 12_000;
const MOST_JOBS = 5;
const MOST_SKEW_MS = 60_000;

/** Asks the source for the first few of the configured jobs. Stores nothing in the work folder. */
export async function sourceLines({ settings, parts, nowMs }: SourceQuestion): Promise<readonly DoctorLine[]> {
  const { source, jobs } = settings;
  const { notTried } = linesOf("source", "asking the source for the configured jobs");
  if (source.type === "model") return [notTried('"source.type" is model: no descriptions are read')];
  const refs = jobs.flatMap((job) => namedJob(job) ?? []);
  if (refs.length === 0) return [notTried('"jobs" names no packaging job'), ...(await clockLines(source, nowMs))];
  const note = { load: () => null, save: () => undefined };
  const described = refs.slice(0, MOST_JOBS).map(async (ref) => {
    const { ok, problem } = linesOf("source", `asking the source for ${titleOf(ref)}`);
    try {
      const { job, origin } = await describeJob(
        chosenSource(source, { ...parts, note }),
        ref,
        AbortSignal.timeout(LIMIT_MS),
      );
      return ok(`${origin.source}: ${job.component.name ?? "no component"} ${job.component.version ?? ""}`.trimEnd());
    } catch (error) {
      if (error instanceof JobUnavailableError) return problem(error.message, sourceFix(error.reason));
      if (error instanceof InvalidInputError) return problem(error.message, 'Correct "source" in the configuration');
      return problem(`no answer within ${LIMIT_MS / 1_000} s: ${messageOf(error)}`, sourceFix("UNREACHABLE"));
    }
  });
  return [...(await Promise.all(described)), ...(await clockLines(source, nowMs))];
}

function sourceFix(reason: string): string {
  switch (reason) {
    case "NOT_FOUND":
      return "Correct the project and the job in the configuration, or import the job into the archive (docs/recover-jobs.md)";
    case "DENIED":
      return "Give the device's role lookoutvision:DescribeModelPackagingJob, or the archive the device's credentials";
    case "NOT_A_JOB":
      return "Replace the answer by one of DescribeModelPackagingJob: packdrift check FILE says what is wrong with it";
    case "GONE":
      return 'Amazon Lookout for Vision ended on 2025-10-31: set "source" to an archive or a saved answer, or to {type: model} (docs/recover-jobs.md)';
    default:
      return 'Check that the source can be reached from this device; until then the last good copy and the model\'s own files are used. Amazon Lookout for Vision ended on 2025-10-31: set "source" to an archive or a saved answer (docs/recover-jobs.md)';
  }
}

/** The difference between this device's clock and the archive's. */
async function clockLines({ endpoint }: Settings["source"], nowMs: () => number): Promise<readonly DoctorLine[]> {
  if (endpoint === null) return [];
  const { ok, problem, notTried } = linesOf("clock", "this device's clock against the archive's");
  const date = await dateOf(endpoint).catch(() => null);
  if (date === null || Number.isNaN(date)) return [notTried("the archive's answer has no date")];
  const skewMs = nowMs() - date;
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return [ok(`${seconds} s apart`)];
  const fix = "Set the clock that is wrong: timedatectl set-ntp true; signatures and certificates fail otherwise";
  return [problem(`this device is ${seconds} s ${skewMs > 0 ? "ahead" : "behind"}`, fix)];
}

/** The time of an HTTP server, in whole seconds. */
function dateOf(endpoint: string): Promise<number> {
  const request = endpoint.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asked = request(
      endpoint,
      { method: "HEAD", agent: false, signal: AbortSignal.timeout(LIMIT_MS) },
      (answer) => {
        answer.resume();
        resolve(Date.parse(answer.headers.date ?? ""));
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}
