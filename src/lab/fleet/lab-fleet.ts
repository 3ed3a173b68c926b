import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../base/errors.js";
import { connectBroker } from "../mqtt-port.js";
import { readAnswers } from "../sample-archive.js";
import type { SwitchedBroker } from "./fleet-floor.js";
import { openFleetPage, type ReportKey } from "./fleet-page.js";
import { sentenceWith } from "./fleet-sentence.js";
import { floorPlan } from "./floor-plan.js";
import { PAST_DAYS } from "./past-days.js";
import { recordedMachines } from "./recorded-machines.js";
import { isSceneName, SCENES, type SceneName } from "./scenes.js";
import { ownUplinks, sharedUplinks } from "./uplinks.js";
import { archiveOf, jobsIn, virtualFleet } from "./virtual-fleet.js";
import { virtualTime } from "./virtual-time.js";

/** What the user asked of the fleet. */
export interface LabFleetChoice {
  readonly count: number;
  /** Names of scenes. */
  readonly scenes: readonly string[];
  /** How much faster than the real clock the fleet's runs. */
  readonly speed: number;
  /** The page's port on loopback; 0: the system chooses. */
  readonly port: number;
}

interface LabFleetParts extends LabFleetChoice {
  readonly brokerUrl: string;
  /** Null where the broker is not the lab's own. */
  readonly broker: SwitchedBroker | null;
  /** The bundle of the store's threads; null: none. */
  readonly worker: URL | null;
  /** The lab's own, for the store and the keys. */
  readonly folder: string;
  /** Holds the sample jobs. */
  readonly jobsFolder: string;
  /** Expected besides the virtual devices. */
  readonly things: readonly string[];
  readonly say: (text: string) => void;
  /** Registers how to close something that is now open. */
  readonly opened: <T>(thing: T, close: (thing: T) => Promise<unknown>) => T;
}

/** A fleet's page, and devices on it. */
export interface LabFleet {
  readonly url: string;
  /** The fleet's state in a sentence, counted when these reports were stored. */
  sentence(reports: readonly ReportKey[]): Promise<string>;
}

const DAY_MS = 86_400_000;
/** Up to this many devices have a connection each. */
const MOST_CONNECTIONS = 200;
const SHARED_CONNECTIONS = 8;

/** Opens a fleet's page on a broker, and runs virtual devices on it: through the past days, then with the scenes. */
export async function startLabFleet(parts: LabFleetParts): Promise<LabFleet> {
  const { brokerUrl, folder, jobsFolder, opened, say, count } = parts;
  const scenes = parts.scenes.map(sceneName);
  const time = opened(virtualTime(Date.now() - PAST_DAYS * DAY_MS), async ({ stop }) => stop());
  const answers = await readAnswers(jobsFolder);
  const machines = recordedMachines();
  const plan = floorPlan(count, machines, jobsIn(answers));
  const page = opened(
    await openFleetPage({
      brokerUrl,
      isOwnBroker: parts.broker !== null,
      store: join(folder, "fleet.db"),
      worker: parts.worker,
      jobsFolder,
      keysFolder: await writeKeys(join(folder, "keys"), plan.keys),
      things: [...plan.devices.map(({ thing }) => thing), ...plan.neverHeard, ...parts.things],
      port: parts.port,
      now: time.now,
      say,
    }),
    ({ stop }) => stop(),
  );
  const uplinks = opened(
    count > MOST_CONNECTIONS ? await sharedUplinks(brokerUrl, SHARED_CONNECTIONS) : ownUplinks(brokerUrl),
    (open) => open.close(),
  );
  const rogue = opened(await connectBroker(brokerUrl), (port) => port.close());
  const fleet = opened(
    virtualFleet({
      plan,
      machines,
      jobs: archiveOf(answers, "archive http://127.0.0.1:8080", time.now),
      time,
      uplinks,
      broker: parts.broker,
      publish: (topic, payload) => rogue.publish(topic, payload, { qos: 1 }),
      random: Math.random,
      say,
    }),
    (devices) => devices.stop(),
  );
  await fleet.playPastDays(Date.now());
  // Playing the past days took some time.
  await time.jumpTo(Date.now(), fleet.settled);
  fleet.run(parts.speed, scenes);
  return {
    url: page.url,
    sentence: (reports) => sentenceWith(page, reports, time.now),
  };
}

/** Throws UsageError. */
function sceneName(name: string): SceneName {
  if (isSceneName(name)) return name;
  const known = Object.entries(SCENES).map(([each, { description }]) => `\n  ${each.padEnd(16)} ${description}`);
  throw new UsageError(`Cannot play --scene "${name}": must be one of${known.join("")}`);
}

/** One `THING.pem` for each thing that signs. */
async function writeKeys(folder: string, keys: ReadonlyMap<string, string>): Promise<string> {
  await mkdir(folder, { recursive: true });
  await Promise.all([...keys].map(([thing, pem]) => writeFile(join(folder, `${thing}.pem`), pem)));
  return folder;
}
