import { ExpectedError } from "../../base/errors.js";
import type { Settings } from "../../config/settings.js";
import { fitInto } from "../../report/fit-into.js";
import type { Report } from "../../report/report.js";
import { MOST_IPC_BYTES } from "../connection/split-after-drop.js";
import type { RequestCommand } from "./commands.js";

/** The actions that requests trigger. All throw ExpectedError. */
export interface RequestWork {
  /** Runs a check; resolves to its reports, one for each job. */
  check(): Promise<readonly Report[]>;
  facts(): Promise<object>;
  /** Tries to deliver all reports; resolves to the number still waiting. */
  flush(): Promise<number>;
  /** Tries all that packdrift needs; resolves to the doctor's page. */
  doctor(): Promise<object>;
}

/** The outcome of a request, and a message to publish before its answer. */
export interface RequestOutcome {
  readonly answer:
    | { readonly status: "DONE"; readonly result: object }
    | { readonly status: "FAILED"; readonly why: string };
  readonly publishFirst?: { readonly topic: string; readonly payload: string };
}

const ENVELOPE_BYTES = 400;
const MOST_WHY_CHARACTERS = 1_000;

/** Performs requests; truncates the results to what the nucleus accepts. */
export function requestActions(
  work: RequestWork,
  thing: string,
  settings: () => Pick<Settings, "topicPrefix" | "maxMessageBytes"> | null,
): (command: RequestCommand) => Promise<RequestOutcome> {
  const fitted = (result: object) =>
    fitInto(result, Math.min(MOST_IPC_BYTES, settings()?.maxMessageBytes ?? MOST_IPC_BYTES) - ENVELOPE_BYTES);

  const actions: Readonly<Record<RequestCommand, () => Promise<RequestOutcome>>> = {
    async check() {
      const checks = (await work.check()).map(({ job, component, drift, runnable, id }) => ({
        project: job.project,
        job: job.name,
        ...(job.name === null && component.name != null ? { component: component.name } : {}),
        drift,
        runnable,
        report: id,
      }));
      return done(fitted({ checks }));
    },
    async facts() {
      const facts = fitted(await work.facts());
      const topic = `${settings()?.topicPrefix}/${thing}/facts`;
      return { ...done(facts), publishFirst: { topic, payload: JSON.stringify({ thing, facts }) } };
    },
    flush: async () => done({ waiting: await work.flush() }),
    doctor: async () => done(fitted(await work.doctor())),
  };

  return async (command) => {
    try {
      return await actions[command]();
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      return { answer: { status: "FAILED", why: error.message.slice(0, MOST_WHY_CHARACTERS) } };
    }
  };
}

function done(result: object): RequestOutcome {
  return { answer: { status: "DONE", result } };
}
