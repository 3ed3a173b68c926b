import { ExpectedError } from "../../base/errors.js";
import { isObject, type JsonObject } from "../../base/json.js";
import { failureOf } from "./failures.js";
import type { Within } from "./port.js";
import type { Client } from "./sdk.js";

/** Settings that nucleus lite stores but cannot send, because they have too many keys and values for one answer. */
export class UnreadableSettingsError extends ExpectedError {}

type ReadConfiguration = Pick<Client, "getConfiguration">;
type Read = { readonly key: string; readonly value?: unknown; readonly isUnsent?: true };

const NOT_FOUND = "ResourceNotFoundError";

/**
 * Our whole configuration. An answer of nucleus lite has at most 255 keys and values, and it refuses a longer one with a bare
 * ServiceError; then each of `keys` is read separately. Throws UnreadableSettingsError when one of them is too long as well.
 */
export async function readConfiguration(
  client: ReadConfiguration,
  within: Within,
  keys: readonly string[],
): Promise<JsonObject> {
  try {
    const { value } = await within(client.getConfiguration({ keyPath: [] }), "read the configuration");
    return isObject(value) ? value : {};
  } catch (error) {
    // A component without any configuration is unknown to the store.
    if (failureOf(error).code === NOT_FOUND) return {};
    if (!isUnsent(error)) throw unread(error);
    return readSeparately(client, within, keys, error);
  }
}

async function readSeparately(
  client: ReadConfiguration,
  within: Within,
  keys: readonly string[],
  whole: unknown,
): Promise<JsonObject> {
  const reads = await Promise.all(keys.map((key) => readKey(client, within, key)));
  const unsent = reads.filter((read) => read.isUnsent).map(({ key }) => `"${key}"`);
  // Nothing at all can be read: the length is not the reason.
  if (unsent.length === keys.length) throw unread(whole);
  if (unsent.length > 0) {
    throw new UnreadableSettingsError(
      `Cannot read ${unsent.join(" and ")}: nucleus lite sends at most 255 keys and values in an answer, and the configuration has more; ` +
        "configure fewer entries, at most 41 jobs of {project, job}",
      { cause: whole },
    );
  }
  return Object.fromEntries(reads.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]])));
}

async function readKey(client: ReadConfiguration, within: Within, key: string): Promise<Read> {
  try {
    const { value } = await within(client.getConfiguration({ keyPath: [key] }), `read the setting "${key}"`);
    return { key, value: unwrapped(key, value) };
  } catch (error) {
    if (failureOf(error).code === NOT_FOUND) return { key };
    if (isUnsent(error)) return { key, isUnsent: true };
    throw unread(error);
  }
}

/** A value that is not a map arrives inside one, under its own key; a map arrives as it is. */
export function unwrapped(key: string, value: unknown): unknown {
  if (!isObject(value) || Object.keys(value).length !== 1 || !(key in value)) return value;
  return isObject(value[key]) ? value : value[key];
}

function isUnsent(error: unknown): boolean {
  const { code, isBare } = failureOf(error);
  return code === "ServiceError" && isBare;
}

function unread(error: unknown): ExpectedError {
  return new ExpectedError(`Cannot read the configuration: ${failureOf(error).message}`, { cause: error });
}
