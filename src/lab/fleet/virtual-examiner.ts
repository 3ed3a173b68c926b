import { WORK_FILES } from "../../base/work-files.js";
import type { Settings } from "../../config/settings.js";
import type { DeviceFacts } from "../../device/facts.js";
import { runExamination } from "../../examiner/examine.js";
import type { Examination, ExaminationRequest } from "../../examiner/protocol.js";
import { nextChecks } from "../../examiner/timetable.js";
import { sha256Hex } from "../../platform/digest.js";
import type { FileStore } from "../../platform/file-store.js";
import { describeJob } from "../../sources/lookup.js";
import type { FindJob, JobSource } from "../../sources/source.js";

interface ExaminerParts {
  readonly jobs: JobSource;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly facts: () => DeviceFacts;
  /** The version of each deployed component. */
  readonly deployed: () => Readonly<Record<string, string>>;
  readonly files: FileStore;
  readonly parseSettings: (raw: unknown, over?: Readonly<Record<string, unknown>>) => Settings;
}

const DAY_MS = 86_400_000;

/** The component's own examination of a machine that is only facts, in this process. */
export function virtualExaminer(parts: ExaminerParts): (request: ExaminationRequest) => Promise<Examination> {
  const find: FindJob = async (ref) => {
    const { job, origin, notes } = await describeJob(parts.jobs, ref);
    return { job, origin, warnings: notes };
  };
  return (request) =>
    runExamination(request, {
      parseSettings: parts.parseSettings,
      now: () => new Date(parts.now()),
      digest: sha256Hex,
      nextChecks: ({ schedule, jitterSeconds }) =>
        nextChecks(request.thing, jitterSeconds, dailyRuns(schedule, parts.now())),
      findJob: () => find,
      listJobs: () => async (project) => (await parts.jobs.list?.(project)) ?? [],
      readFacts: () => ({ facts: parts.facts(), problems: [] }),
      dampingMemory: {
        load: () => parts.files.read(WORK_FILES.damping),
        save: (text) => parts.files.write(WORK_FILES.damping, text),
      },
      deployedQueries: () => ({
        async componentDetails(component) {
          const version = parts.deployed()[component];
          return version === undefined ? { kind: "absent" } : { kind: "found", version, state: "RUNNING" };
        },
        isConfigured: async () => false,
        edgeAgent: async () => ({ kind: "unknown", why: "there is no Edge Agent" }),
        artifactVersions: () => ({ folder: "/greengrass/v2/packages", versions: [], problem: null }),
      }),
      models: {
        find: () => ({ components: [], unread: [] }),
        read: async () => ({ kind: "none", why: "a virtual device has no files" }),
      },
      askLoader: () => [],
    });
}

/** The next two times of a daily schedule, `30 2 * * *`: node-cron knows the real clock only. */
function dailyRuns(schedule: string, nowMs: number): readonly Date[] {
  const [minute = "0", hour = "0"] = schedule.split(" ");
  const ofDay = (Number(hour) * 60 + Number(minute)) * 60_000;
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS + ofDay;
  const first = today > nowMs ? today : today + DAY_MS;
  return [new Date(first), new Date(first + DAY_MS)];
}
