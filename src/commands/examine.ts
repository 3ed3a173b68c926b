import { join } from "node:path";
import { LAST_GOOD } from "../agent/work-folder.js";
import { InvalidInputError } from "../base/errors.js";
import { COMPONENT } from "../base/names.js";
import { parseSettings, type Settings } from "../config/parse-settings.js";
import { detectFacts } from "../device/detect.js";
import { joinDropIns, readDropIns } from "../device/drop-ins.js";
import { linuxHost } from "../device/linux-host.js";
import { summarize } from "../device/summary.js";
import { artifactVersions } from "../examiner/deployed/artifacts-folder.js";
import { type ExaminationRequest, examine as examineOnce } from "../examiner/examine.js";
import { serveExaminer } from "../examiner/process.js";
import { nextChecks } from "../examiner/timetable.js";
import { isSchedule, nextRuns } from "../platform/cron.js";
import { sha256Hex } from "../platform/digest.js";
import { fileStore } from "../platform/file-store.js";
import { parseYamlDocument } from "../platform/yaml.js";
import { type JobsAhead, jobsAhead } from "../sources/ahead.js";
import { loadClient } from "../sources/api.js";
import { jobSource } from "../sources/choose.js";
import { jobCopies } from "../sources/copies-folder.js";
import { type Patience, sourceForOneCheck } from "../sources/one-check.js";
import { type JobSource, listWithCopies, sourceWithCopies } from "../sources/source.js";
import { type Command, parseOptions } from "./shared/command.js";

/** What the examiner asks its keeper, who holds the connection to the nucleus. */
export type Ask =
  | { readonly what: "component-details"; readonly component: string }
  | { readonly what: "is-configured"; readonly component: string };

// With what is asked of the nucleus before and after, well under the keeper's limit (examiner/process.ts). The service takes
// five requests a second for the whole account.
const PATIENCE: Patience = { atATime: 3, limitMs: 60_000 };

// The second tells how far apart they are. Each costs node-cron 2 ms.
const SCHEDULED_AHEAD = 2;

const OPTIONS = {
  root: { type: "string" },
  work: { type: "string" },
  "greengrass-root": { type: "string" },
  "no-api": { type: "boolean" },
  "no-job": { type: "boolean" },
} as const;

/** `packdrift examine`: the short-lived process in which `run` makes one check (examiner/process.ts). */
export const examine: Command = async (args, terminal) => {
  const { values } = parseOptions(args, OPTIONS);
  const { root = "/", work = ".", "greengrass-root": greengrassRoot = "/greengrass/v2" } = values;
  // All this while the keeper still connects: the request comes later.
  if (!values["no-api"]) void loadClient().catch(() => undefined);
  const host = linuxHost(root);
  const dropIns = joinDropIns(readDropIns(host), readDropIns(linuxHost(work), "/facts.d", join(work, "facts.d")));
  const facts = detectFacts(host, dropIns.declared);
  const store = fileStore(work);
  const copies = jobCopies(join(work, "jobs"));
  const jobs = jobsAhead(
    (source: Settings["source"]) => (ref) => sourceWithCopies(jobSource(source, terminal.env), copies, sha256Hex)(ref),
  );
  // Not the one that is asked ahead: perhaps there was no network yet, which is no reason to ask for nothing in the check.
  let ofCheck: JobSource | null = null;
  const sourceOfCheck = (source: Settings["source"]): JobSource => {
    ofCheck ??= sourceForOneCheck(jobSource(source, terminal.env), PATIENCE, () => performance.now());
    return ofCheck;
  };
  if (!values["no-job"]) askAhead(jobs, store);

  await serveExaminer(process.stdin, process.stdout, async (request, ask) => {
    const { wanted, configuration } = request as { readonly wanted?: string; readonly configuration?: unknown };
    if (wanted === "facts") return summarize(facts);
    if (wanted === "validation") return { problem: problemOf(configuration) };
    return examineOnce(request as ExaminationRequest, {
      parseSettings: parseWithSchedule,
      now: () => new Date(),
      digest: sha256Hex,
      nextChecks: ({ schedule, jitterSeconds }) =>
        nextChecks((request as ExaminationRequest).thing, jitterSeconds, nextRuns(schedule, SCHEDULED_AHEAD)),
      findJob: ({ source }) =>
        jobs.find(source, async (ref) => sourceWithCopies(sourceOfCheck(source), copies, sha256Hex)(ref)),
      listJobs:
        ({ source }) =>
        async (project) =>
          listWithCopies(sourceOfCheck(source), copies)(project),
      readFacts: () => ({ facts, problems: dropIns.problems }),
      dampingMemory: {
        load: () => store.read("damping.json"),
        save: (text) => store.write("damping.json", text),
      },
      deployedPlaces: ({ edgeAgentSocket }) => ({
        componentDetails: (component) => ask({ what: "component-details", component } satisfies Ask) as never,
        isConfigured: async (component) => (await ask({ what: "is-configured", component } satisfies Ask)) === true,
        // Loaded when it is asked: half of what the examiner would be with it.
        edgeAgent: async (component) =>
          (await import("../examiner/deployed/edge-agent.js")).askEdgeAgent(edgeAgentSocket, component),
        artifactVersions: (component) => artifactVersions(greengrassRoot, component),
      }),
    });
  });
  // The client may keep sockets open.
  process.exit(0);
};

/** Asks for the first job of the last good configuration: nearly always it is the one that the request will name. */
function askAhead(jobs: JobsAhead<Settings["source"]>, store: ReturnType<typeof fileStore>): void {
  try {
    const { source, jobs: refs } = parseSettings(JSON.parse(store.read(LAST_GOOD) ?? "{}"));
    const [first] = refs;
    // A job that is found by its component is not known before the list is.
    if (first != null && first.job !== null) jobs.ahead(source, { project: first.project, job: first.job });
  } catch {
    // No good configuration yet: nothing is known ahead.
  }
}

/**
 * What speaks against a configuration; nothing where it is another component's: policies tell whose it is, and without any
 * the jobs do.
 */
function problemOf(configuration: unknown): string | null {
  const { accessControl, jobs } = (configuration ?? {}) as {
    readonly accessControl?: unknown;
    readonly jobs?: unknown;
  };
  const isOurs = JSON.stringify(accessControl ?? null).includes(`"${COMPONENT}:`);
  const policies = typeof accessControl === "object" ? Object.keys(accessControl ?? {}) : [];
  const isAnothers = !isOurs && policies.length > 0;
  if (isAnothers || (!isOurs && jobs === undefined)) return null;
  try {
    parseWithSchedule(configuration);
    return null;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
}

/** The scheduler has the last word on cron expressions. Without Greengrass the configuration is the text of a file. */
function parseWithSchedule(raw: unknown, over: Readonly<Record<string, unknown>> = {}): Settings {
  const found = typeof raw === "string" ? parseYamlDocument(raw, "core") : raw;
  const settings = parseSettings(Object.keys(over).length === 0 ? found : { ...(found as object), ...over });
  if (isSchedule(settings.schedule)) return settings;
  throw new InvalidInputError(
    `Cannot read setting "schedule": must be a cron expression of 5 or 6 fields, in UTC, is "${settings.schedule}"`,
  );
}
