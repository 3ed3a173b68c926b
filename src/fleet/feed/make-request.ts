import { chunksOf } from "../../base/chunks.js";
import { oneOfWords } from "../../base/did-you-mean.js";
import { InvalidInputError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { DeviceFilter } from "../state/views.js";
import type { Database, SqlStatement } from "../store/database.js";
import { COMMANDS, type DeviceCommand } from "../web/ports.js";
import { isAddressable } from "./device-topics.js";

/** A request that a person makes. */
export interface NewRequest {
  readonly command: DeviceCommand;
  readonly filter: DeviceFilter;
  readonly by: string;
}

/** The dependencies of making requests. */
export interface MakeRequestParts {
  readonly database: Database;
  /** How fast the devices will be asked, per second. */
  readonly perSecond: number;
  /** The names of the things that a filter selects. */
  readonly thingsOf: (filter: DeviceFilter) => Promise<readonly string[]>;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly newId: () => string;
}

/** How long a device has for its answer, in ms: checks wait for each other, 3 s apart. */
export const ANSWER_MS = 300_000;
const MOST_THINGS = 200_000;
export const ROWS_A_STATEMENT = 300;

/** Stores a request with its things; this process or another then sends it. Throws InvalidInputError. */
export async function makeRequest(
  { command, filter, by }: NewRequest,
  parts: MakeRequestParts,
): Promise<{ readonly id: string; readonly things: number }> {
  if (!COMMANDS.includes(command)) {
    throw new InvalidInputError(`Cannot ask devices for "${command}": must be ${oneOfWords(COMMANDS, command)}`);
  }
  const things = [...new Set(await parts.thingsOf(filter))].filter(isAddressable).sort();
  if (things.length === 0) throw new InvalidInputError("Cannot ask: no device matches the filter");
  if (things.length > MOST_THINGS) {
    throw new InvalidInputError(
      `Cannot ask ${things.length} devices at once: at most ${MOST_THINGS}; narrow the filter`,
    );
  }
  const id = parts.newId();
  const askedAt = parts.now();
  const endsAt = askedAt + (things.length / parts.perSecond) * 1_000 + ANSWER_MS;
  await parts.database.write([
    {
      sql: `INSERT INTO request (id, command, filter, asked_by, asked_at, things, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      parameters: [id, command, JSON.stringify(filter), by, iso(askedAt), things.length, iso(endsAt)],
    },
    ...insertThings(id, things),
  ]);
  parts.log.info("request.made", { id, command, things: things.length, by });
  return { id, things: things.length };
}

const iso = (ms: number) => new Date(ms).toISOString();

function insertThings(id: string, things: readonly string[]): readonly SqlStatement[] {
  return chunksOf(things, ROWS_A_STATEMENT).map((some) => ({
    sql: `INSERT INTO request_thing (id, thing, status) VALUES ${some.map((_, i) => `($1, $${i + 2}, 'WAITING')`).join(", ")}`,
    parameters: [id, ...some],
  }));
}
