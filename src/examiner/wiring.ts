import { monotonicMs } from "../base/clock.js";
import { ExpectedError } from "../base/errors.js";
import { WORK_FILES } from "../base/work-files.js";
import type { Settings } from "../config/settings.js";
import { detectFacts } from "../device/detect.js";
import { joinDropIns, readDropIns } from "../device/drop-ins.js";
import type { Host } from "../device/host.js";
import { linuxHost } from "../device/linux-host.js";
import { loaderAnswers, needsAt } from "../device/loader-answers.js";
import { summarize } from "../device/summary.js";
import { nextRuns } from "../platform/cron.js";
import { sha256Hex } from "../platform/digest.js";
import { fileIdentity, readableIdentity } from "../platform/file-identity.js";
import { type FileStore, fileStore } from "../platform/file-store.js";
import { folderProblem } from "../platform/safe-files.js";
import { loadClient } from "../sources/api.js";
import { callsApi, chosenSource, type SourceParts } from "../sources/choose.js";
import { jobCopies } from "../sources/copies-folder.js";
import { exchangedOnce, type FindPort } from "../sources/exchanged-credentials.js";
import { type Patience, sourceForOneCheck } from "../sources/one-check.js";
import { type JobPrefetch, jobPrefetch } from "../sources/prefetch.js";
import type { JobSource } from "../sources/source.js";
import { listWithCopies, sourceWithCopies } from "../sources/stored-copies.js";
import { artifactVersions } from "./deployed/artifacts-folder.js";
import { type ExaminationParts, runExamination } from "./examine.js";
import { cachedLibraries } from "./library-cache.js";
import { cachedModels } from "./models/model-cache.js";
import { type PackagedModels, packagedModels } from "./models/packaged-models.js";
import { namedJob } from "./named-job.js";
import type { DoctorRequest, ExaminationRequest, ExaminerRequest, ExaminerResult } from "./protocol.js";
import { parseConfiguration, problemOf } from "./raw-configuration.js";
import type { QueryKeeper } from "./serve.js";
import { startProblem } from "./start-problem.js";
import { nextChecks } from "./timetable.js";
import { workDropIns } from "./work-drop-ins.js";

/** The environment of an examiner. */
interface ExaminerContext {
  /** The folder that is read as "/". */
  readonly root: string;
  readonly work: string;
  readonly greengrassRoot: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a check is likely: then AWS's client is loaded and the first job requested before the request arrives. */
  readonly forCheck: boolean;
  /** Makes the doctor's page for a message. */
  readonly doctor: (request: DoctorRequest, ask: QueryKeeper) => Promise<object>;
}

// Together with the questions to the nucleus, this is well under the keeper's limit (process.ts). The service accepts five
// requests a second for the whole account.
const PATIENCE: Patience = { atATime: 3, limitMs: 60_000 };

// The second one determines the interval. Each costs node-cron 2 ms.
const SCHEDULED_AHEAD = 2;

/** Gets ready to serve while the keeper is still connecting: reads the facts, loads the client, requests a job. */
export function wireExaminer(
  context: ExaminerContext,
): (request: ExaminerRequest, ask: QueryKeeper) => Promise<ExaminerResult> {
  const { root, work } = context;
  const store = fileStore(work);
  const host = linuxHost(root);
  const dropIns = joinDropIns(readDropIns(host), workDropIns(work));
  const facts = detectFacts(host, dropIns.declared);
  let keeper: (ask: QueryKeeper) => void = () => undefined;
  const asking = new Promise<QueryKeeper>((resolve) => {
    keeper = resolve;
  });
  const jobs = jobsOf(context, store, async () => {
    const answer = await (await asking)({ what: "token-exchange-port" });
    return answer.what === "token-exchange-port" ? answer.port : null;
  });

  return async (request, ask) => {
    const { wanted } = request;
    keeper(ask);
    switch (wanted) {
      case "facts":
        return { wanted, facts: summarize(facts) };
      case "start":
        return {
          wanted,
          problem: startProblem(request.configuration, () => typeof lastGoodIn(store) === "string"),
        };
      case "doctor":
        return { wanted, page: await context.doctor(request.doctor, ask) };
      case "validation":
        return { wanted, problem: problemOf(request.configuration) };
      case "check":
        return {
          wanted,
          examination: await runExamination(request.check, {
            ...jobs,
            parseSettings: parseConfiguration,
            now: () => new Date(),
            digest: sha256Hex,
            nextChecks: timetableOf(request.check),
            readFacts: () => ({ facts, problems: dropIns.problems }),
            dampingMemory: {
              load: () => store.read(WORK_FILES.damping),
              save: (text) => store.write(WORK_FILES.damping, text),
            },
            deployedQueries: deployedBy(ask, context),
            models: modelsOf(context, store),
            askLoader(sonames) {
              if (sonames.length === 0) return [];
              const libraries = librariesOf(host, context, store);
              const answers = loaderAnswers(host, facts, sonames, libraries.read);
              libraries.save();
              return answers;
            },
          }),
        };
    }
  };
}

/** The lookups of jobs. All of a check share one source, so that a source that does not answer is not queried for every job. */
function jobsOf(context: ExaminerContext, store: FileStore, findPort: FindPort): JobParts {
  const copies = jobCopies(`${context.work}/jobs`);
  const note = {
    load: () => store.read(WORK_FILES.apiGone),
    save: (text: string) => store.write(WORK_FILES.apiGone, text),
  };
  const { env } = context;
  const exchange = exchangedOnce(env, findPort);
  const parts = { env, exchange, note, now: Date.now };
  const jobs = jobPrefetch(
    (source: Settings["source"]) => (ref) => sourceWithCopies(chosenSource(source, parts), copies)(ref),
    exchange.isPending,
  );
  // Where others may write, nothing is requested before the configuration is known from the nucleus.
  if (context.forCheck && folderProblem(context.work) === null) getReady(lastGoodIn(store), jobs, parts);
  // Not the source of the prefetch: the network may not have been up then, and a failed source is not asked again.
  let ofCheck: JobSource | null = null;
  const sourceOfCheck = (source: Settings["source"]): JobSource => {
    const bound = (one: JobSource) => sourceForOneCheck(one, PATIENCE, monotonicMs);
    ofCheck ??= chosenSource(source, { ...parts, bound });
    return ofCheck;
  };
  return {
    findJob: ({ source }) => jobs.find(source, async (ref) => sourceWithCopies(sourceOfCheck(source), copies)(ref)),
    listJobs:
      ({ source }) =>
      async (project) =>
        listWithCopies(sourceOfCheck(source), copies)(project),
  };
}

type JobParts = Pick<ExaminationParts, "findJob" | "listJobs">;

/** The last good configuration, unparsed; empty if there is none. */
function lastGoodIn(store: FileStore): unknown {
  try {
    return JSON.parse(store.read(WORK_FILES.lastGood) ?? "{}");
  } catch {
    return {};
  }
}

/** Loads AWS's client if it will be needed, and requests the first job: nearly always the one that the check needs. */
function getReady(configuration: unknown, jobs: JobPrefetch<Settings["source"]>, parts: SourceParts): void {
  try {
    const { source, jobs: refs } = parseConfiguration(configuration);
    const named = refs.filter(({ project }) => project !== null);
    if (named.length > 0 && callsApi(source, parts)) void loadClient().catch(() => undefined);
    // A job that is found by its component is not known until the list is.
    const [first] = refs;
    const ref = first === undefined ? null : namedJob(first);
    if (ref !== null) jobs.prefetch(source, ref);
  } catch {
    // Without a good configuration, there is nothing to get ready for.
  }
}

/** Reads what the libraries that a model loads need in turn. Cached, since that is a dozen large files each. */
function librariesOf(host: Host, { root }: ExaminerContext, store: FileStore): ReturnType<typeof cachedLibraries> {
  return cachedLibraries({
    load: () => store.read(WORK_FILES.libraryCache),
    save: (text) => store.write(WORK_FILES.libraryCache, text),
    identify: (path) => fileIdentity(root === "/" ? path : `${root}${path}`),
    read: needsAt(host),
    version: PACKDRIFT_VERSION,
  });
}

/** The packaged models in the package store. The reader is loaded only when one has to be read again. */
function modelsOf({ greengrassRoot }: ExaminerContext, store: FileStore): PackagedModels {
  // Greengrass runs on this machine, whatever folder is read as "/".
  const tree = linuxHost("/");
  const cached = cachedModels({
    load: () => store.read(WORK_FILES.modelCache),
    save: (text) => store.write(WORK_FILES.modelCache, text),
    identify: readableIdentity,
    version: PACKDRIFT_VERSION,
  });
  return packagedModels({
    tree,
    greengrassRoot,
    readFolders: (folders, named) =>
      cached(folders, async () => (await import("../model/read-model.js")).readModel(tree, folders, named)),
  });
}

function timetableOf({ thing }: ExaminationRequest): ExaminationParts["nextChecks"] {
  return ({ schedule, jitterSeconds }) => nextChecks(thing, jitterSeconds, nextRuns(schedule, SCHEDULED_AHEAD));
}

function deployedBy(ask: QueryKeeper, { greengrassRoot }: ExaminerContext): ExaminationParts["deployedQueries"] {
  return ({ edgeAgentSocket }) => ({
    async componentDetails(component) {
      const answer = await ask({ what: "component-details", component });
      if (answer.what === "component-details") return answer.details;
      throw new ExpectedError(`Cannot check: the keeper answered "component-details" with "${answer.what}"`);
    },
    async isConfigured(component) {
      const answer = await ask({ what: "is-configured", component });
      return answer.what === "is-configured" && answer.configured;
    },
    // Loaded on demand: it would double the examiner's memory.
    edgeAgent: async (component) =>
      (await import("./deployed/edge-agent.js")).queryEdgeAgent(edgeAgentSocket, component),
    artifactVersions: (component) => artifactVersions(greengrassRoot, component),
  });
}
