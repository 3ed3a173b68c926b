import { laterByTimer } from "../../base/clock.js";
import { InvalidInputError, UsageError } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { withTimeLimit } from "../../base/time-limit.js";
import { type AlarmSettings, DEFAULT_ALARM_SETTINGS, parseAlarmSettings } from "../../fleet/alarms/alarm-settings.js";
import { parseExpectedThings } from "../../fleet/feed/expected-things.js";
import { newRequestId } from "../../fleet/feed/request-id.js";
import { startFleet } from "../../fleet/feed/start-fleet.js";
import type { FleetServing } from "../../fleet/web/serve-fleet.js";
import { readExistingFile } from "../../platform/safe-files.js";
import { FLEET } from "../help/specs/fleet.js";
import type { Command } from "../shared/command.js";
import { runGroup } from "../shared/run-group.js";
import type { Terminal } from "../shared/terminal.js";
import { describedJobs } from "./described-jobs.js";
import { fleetEvents } from "./fleet-events.js";
import { type FleetOptions, parseFleetOptions } from "./fleet-options.js";
import { MOST_LIST_BYTES, thingsFile } from "./things-file.js";

const ACTIONS = { move: async () => (await import("./move.js")).fleetMove };

/**
 * `packdrift fleet`: receives and shows what devices report, until SIGINT or SIGTERM, then exits with 0; with 1 once a thread of its
 * store has ended. `packdrift fleet move`: an action of its own.
 */
export function runFleet(args: readonly string[], terminal: Terminal): Promise<number> {
  return runGroup(FLEET, ACTIONS, args, terminal, serve);
}

const serve: Command = async (args, terminal) => {
  const stopped = stopSignal();
  const options = parseFleetOptions(args);
  const log = fleetEvents(terminal, options.json, Date.now);
  const jobs = options.jobs === null ? null : await describedJobs(options.jobs, log);
  const reading = jobs === null ? null : setInterval(() => void jobs.refresh(), REFRESH_MS);
  let expect = (_: readonly string[]): Promise<void> => Promise.resolve();
  // Created before the first read, so that a change in between is noticed.
  const list =
    options.things === null ? null : thingsFile({ path: options.things, log, expect: (things) => expect(things) });
  const fleet = await startFleet(
    {
      ...options,
      things: expectedThings(options),
      alarms: alarmSettings(options),
      worker: STORE_THREADS,
      serving: servingOf(options),
    },
    {
      version: PACKDRIFT_VERSION,
      jobs: () => jobs?.all() ?? [],
      log,
      now: Date.now,
      random: Math.random,
      later: laterByTimer,
      newId: newRequestId,
    },
  );
  expect = fleet.expect;
  const following = list === null ? null : setInterval(() => void list.refresh(), LIST_MS);
  const death = await Promise.race([stopped, fleet.died]);
  for (const timer of [reading, following]) if (timer !== null) clearInterval(timer);
  if (death === undefined) {
    await fleet.stop();
    return 0;
  }
  const { message, cause } = death;
  log.error("store.ended", { message, stack: cause instanceof Error ? cause.stack : death.stack });
  // Closes what can still be closed; then a service manager restarts all of it.
  await withTimeLimit(fleet.stop(), STOP_MS, () => death).catch(() => undefined);
  return 1;
};

/** Built into the folder of this file, from src/fleet/store/worker-entry.ts. */
const STORE_THREADS = new URL("./fleet-worker.mjs", import.meta.url);
/** How long it takes until new descriptions count. */
const REFRESH_MS = 10_000;
/** How long the rest may take to close after the store has ended. */
const STOP_MS = 5_000;
/** How often the list of things is read; a new version counts when two reads have found it. */
const LIST_MS = 2_000;

function expectedThings({ things }: FleetOptions): readonly string[] | null {
  return things === null ? null : readOption("things", things, parseExpectedThings, MOST_LIST_BYTES);
}

function servingOf({ host, port, tokens, trust, tls, hostNames }: FleetOptions): FleetServing {
  return { host, port, tokensFile: tokens, trusted: trust, tls, hostNames };
}

function alarmSettings({ alarms }: FleetOptions): AlarmSettings {
  return alarms === null ? DEFAULT_ALARM_SETTINGS : readOption("alarms", alarms, parseAlarmSettings);
}

/** Reads and parses a file that an option names. */
function readOption<T>(option: string, path: string, parse: (text: string) => T, mostBytes?: number): T {
  let text: string;
  try {
    text = readExistingFile(path, mostBytes).toString("utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read --${option} "${path}": ${reasonOf(cause)}`, { cause });
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(`${path}: ${error.message}`, { cause: error });
  }
}

/** Resolves at the first SIGINT or SIGTERM. */
function stopSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(undefined));
  });
}
