import { randomBytes } from "node:crypto";
import { DEFAULT_ALARM_SETTINGS } from "../../fleet/alarms/alarm-settings.js";
import { parseBroker } from "../../fleet/feed/broker-address.js";
import { USUAL_PREFIXES } from "../../fleet/feed/fleet-topics.js";
import { startFleet } from "../../fleet/feed/start-fleet.js";
import { readAnswers } from "../sample-archive.js";
import { jobsIn } from "./virtual-fleet.js";

interface FleetPageParts {
  readonly brokerUrl: string;
  readonly store: string;
  readonly jobsFolder: string;
  readonly keysFolder: string;
  /** The things that are expected to report. */
  readonly things: readonly string[];
  readonly port: number;
  /** Unix milliseconds, of the fleet's clock. */
  readonly now: () => number;
  readonly say: (text: string) => void;
}

/** What receives and shows a fleet. */
interface FleetPage {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts what `packdrift fleet` starts, on the clock of the virtual devices. */
export async function openFleetPage(parts: FleetPageParts): Promise<FleetPage> {
  const jobs = jobsIn(await readAnswers(parts.jobsFolder));
  const described = jobs.flatMap((description) =>
    description.name === null ? [] : [{ project: description.project ?? "", job: description.name, description }],
  );
  throw new Error("not yet");
}
