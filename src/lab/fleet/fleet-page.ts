import { randomBytes } from "node:crypto";
import { laterByTimer } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { DEFAULT_ALARM_SETTINGS } from "../../fleet/alarms/alarm-settings.js";
import { parseBroker } from "../../fleet/feed/broker-address.js";
import { newRequestId } from "../../fleet/feed/request-id.js";
import { startFleet } from "../../fleet/feed/start-fleet.js";
import { TOPIC_PREFIXES } from "../../fleet/ingest/fleet-topics.js";
import type { Summary } from "../../fleet/state/views.js";
import type { Report } from "../../report/report.js";
import { readAnswers } from "../sample-archive.js";
import { connectToLabBroker } from "./lab-broker-client.js";
import { jobsIn } from "./virtual-fleet.js";

interface FleetPageParts {
  readonly brokerUrl: string;
  /** Whether that is the lab's own broker. */
  readonly isOwnBroker: boolean;
  readonly store: string;
  /** The bundle of the store's threads; null: the store works in this thread. */
  readonly worker: URL | null;
  readonly jobsFolder: string;
  readonly keysFolder: string;
  /** The things that are expected to report. */
  readonly things: readonly string[];
  readonly port: number;
  /** Unix milliseconds, of the fleet's clock. */
  readonly now: () => number;
  readonly say: (text: string) => void;
}

/** What identifies a report. */
export type ReportKey = Pick<Report, "thing" | "epoch" | "sequence">;

/** The receiver of a fleet, with its page. */
export interface FleetPage {
  readonly url: string;
  summary(): Promise<Summary>;
  /** Whether a report is stored. */
  holds(report: ReportKey): Promise<boolean>;
  stop(): Promise<void>;
}

/** Starts what `packdrift fleet` starts, on the clock of the virtual devices. */
export async function openFleetPage(parts: FleetPageParts): Promise<FleetPage> {
  const jobs = jobsIn(await readAnswers(parts.jobsFolder));
  const described = jobs.flatMap((description) =>
    description.name === null ? [] : [{ project: description.project ?? "", job: description.name, description }],
  );
  const fleet = await startFleet(
    {
      broker: parseBroker(parts.brokerUrl, {}),
      clientId: `packdrift-lab-fleet-${randomBytes(4).toString("hex")}`,
      group: null,
      prefixes: TOPIC_PREFIXES,
      requestsPerSecond: 50,
      store: parts.store,
      things: parts.things,
      keys: parts.keysFolder,
      alarms: DEFAULT_ALARM_SETTINGS,
      heartbeatHours: 24,
      keepDays: 400,
      keepHeartbeatDays: 30,
      worker: parts.worker,
      serving: { host: "127.0.0.1", port: parts.port, tokensFile: null, trusted: null, tls: null, hostNames: [] },
    },
    {
      version: PACKDRIFT_VERSION,
      jobs: () => described,
      log: logTo(parts.say),
      now: parts.now,
      // The receiver works in real time, whatever the fleet's clock says.
      later: laterByTimer,
      random: Math.random,
      newId: newRequestId,
      ...(parts.isOwnBroker ? { connect: connectToLabBroker } : {}),
    },
  );
  return {
    url: fleet.url,
    summary: () => fleet.questions.summary(),
    holds: async ({ thing, epoch, sequence }) => (await fleet.questions.report(thing, epoch, sequence)) !== null,
    stop: () => fleet.stop(),
  };
}

/** Prints only problems: the page shows everything else. */
function logTo(say: (text: string) => void): Log {
  const tell = (event: string, fields: Readonly<Record<string, unknown>> = {}) =>
    say([event, ...Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(" "));
  return { debug: () => {}, info: () => {}, warn: tell, error: tell };
}
