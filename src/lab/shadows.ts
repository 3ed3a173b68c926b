import { isObject, type JsonObject } from "../base/json.js";
import { IpcError } from "./ipc-error.js";
import { isDeeperThan, sameJson } from "./json-objects.js";

/** A shadow of a thing; the classic (unnamed) shadow has an empty name. */
export interface ShadowAddress {
  readonly thingName: string;
  readonly shadowName: string;
}

/** The shadow store of aws.greengrass.ShadowManager. Throws IpcError like the component. */
export interface Shadows {
  /** Throws InvalidArgumentsError for a name that is not allowed. */
  check(address: ShadowAddress): void;
  /** State with delta, metadata, version and timestamp; throws ResourceNotFoundError. */
  get(address: ShadowAddress): JsonObject;
  /** Merges an update document; throws ConflictError for a stale version and InvalidArgumentsError for anything else wrong. */
  update(address: ShadowAddress, document: unknown): JsonObject;
  remove(address: ShadowAddress): JsonObject;
  /** The named shadows of a thing, sorted. */
  names(thingName: string): string[];
}

/** Called with what was accepted, to be published on the local topics under `$aws/things/{thing}/shadow[/name/{shadow}]/`. */
type ShadowListener = (address: ShadowAddress, suffix: string, payload: JsonObject) => void;

type State = { desired?: JsonObject; reported?: JsonObject };
type Shadow = { readonly state: State; readonly metadata: State; readonly version: number };

const DOCUMENT_BYTES = 8_192;
const DEEPEST_STATE = 6;

/** An empty shadow store; `nowMs` returns the time, `onAccepted` is called with each change. */
export function shadowStore(nowMs: () => number, onAccepted: ShadowListener = () => {}): Shadows {
  const shadows = new Map<string, Shadow>();
  const key = ({ thingName, shadowName }: ShadowAddress) => `${thingName}/${shadowName}`;
  const seconds = () => Math.floor(nowMs() / 1000);
  const existing = (address: ShadowAddress): Shadow => {
    const shadow = shadows.get(key(address));
    if (shadow) return shadow;
    const resourceName = address.shadowName || "Classic Shadow";
    throw new IpcError("ResourceNotFoundError", "No shadow found", { resourceType: "shadow", resourceName });
  };
  return {
    check({ thingName, shadowName }) {
      checkName("ThingName", thingName, 128);
      if (shadowName !== "") checkName("ShadowName", shadowName, 64);
    },
    get(address) {
      const { state, metadata, version } = existing(address);
      const delta = deltaOf(state);
      return structuredClone({ state: delta ? { ...state, delta } : state, metadata, version, timestamp: seconds() });
    },
    update(address, document) {
      const current = shadows.get(key(address)) ?? null;
      const update = checkDocument(document, current);
      const at = seconds();
      const { state, metadata } = updated(current, update, at);
      const version = (current?.version ?? 0) + 1;
      shadows.set(key(address), { state, metadata, version });
      const token = update.clientToken === undefined ? {} : { clientToken: update.clientToken };
      const metadataOfUpdate = Object.fromEntries(
        Object.entries(update.state).map(([part, value]) => [part, value === null ? null : stamped(value, at)]),
      );
      const accepted = structuredClone({
        version,
        timestamp: at,
        state: update.state,
        metadata: metadataOfUpdate,
        ...token,
      });
      onAccepted(address, "update/accepted", accepted);
      const delta = deltaOf(state);
      if (delta)
        onAccepted(address, "update/delta", structuredClone({ version, timestamp: at, state: delta, ...token }));
      const previous = current ? { state: current.state, metadata: current.metadata, version: current.version } : null;
      const documents = { previous, current: { state, metadata, version }, timestamp: at, ...token };
      onAccepted(address, "update/documents", structuredClone(documents));
      return accepted;
    },
    remove(address) {
      const shadow = existing(address);
      // A new one starts at 1: ShadowManager reads documents that are not deleted.
      shadows.delete(key(address));
      const accepted = { version: shadow.version, timestamp: seconds() };
      onAccepted(address, "delete/accepted", accepted);
      return accepted;
    },
    names(thingName) {
      const prefix = `${thingName}/`;
      const own = [...shadows.keys()].filter((name) => name.startsWith(prefix) && name !== prefix);
      return own.map((name) => name.slice(prefix.length)).sort();
    },
  };
}

/** The state and its metadata after an update; throws IpcError where they grow too large. */
function updated(current: Shadow | null, update: Update, at: number): Pick<Shadow, "state" | "metadata"> {
  const state: State = {};
  const metadata: State = {};
  for (const part of ["desired", "reported"] as const) {
    if (update.state[part] === null) continue;
    const merged = merge(current?.state[part], update.state[part]);
    if (isObject(merged)) state[part] = merged;
    const stamps = merge(current?.metadata[part], stamped(update.state[part], at));
    if (isObject(stamps)) metadata[part] = stamps;
  }
  const size = [state.desired, state.reported].reduce((sum, part) => sum + (part ? bytesOf(part) : 0), 0);
  if (size > DOCUMENT_BYTES) throw invalid("The payload exceeds the maximum size allowed");
  return { state, metadata };
}

type Update = { state: { [part: string]: JsonObject | null }; clientToken?: string };

function checkDocument(document: unknown, current: Shadow | null): Update {
  if (!isObject(document)) throw invalid("Invalid JSON: payload must be an object");
  const { state, version, clientToken } = document;
  if (!isObject(state)) throw invalid("State node must be an object");
  const parts: Update["state"] = {};
  for (const part of ["desired", "reported"]) {
    const value = state[part];
    if (value === undefined) continue;
    if (value !== null && !isObject(value)) throw invalid(`Invalid JSON: ${part} must be an object`);
    if (isDeeperThan(DEEPEST_STATE, value)) {
      throw invalid(`JSON contains too many levels of nesting; maximum is ${DEEPEST_STATE}`);
    }
    parts[part] = value;
  }
  if (clientToken !== undefined && typeof clientToken !== "string") throw invalid("Invalid clientToken");
  if (version !== undefined && version !== null) {
    if (typeof version !== "number" || (!current && version !== 1)) throw invalid("Invalid version");
    if (current && version !== current.version) throw new IpcError("ConflictError", "Version conflict");
  }
  return clientToken === undefined ? { state: parts } : { state: parts, clientToken };
}

/** Objects by key, null deletes, anything else (lists too) replaces. */
function merge(old: unknown, update: unknown): unknown {
  if (update === undefined) return old;
  if (!isObject(update)) return update;
  const merged = new Map(isObject(old) ? Object.entries(old) : []);
  for (const [name, value] of Object.entries(update)) {
    if (value === null) merged.delete(name);
    else merged.set(name, merge(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

function stamped(value: unknown, timestamp: number): unknown {
  if (value === undefined || value === null) return value;
  if (!isObject(value)) return { timestamp };
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, stamped(child, timestamp)]));
}

/** The part of the desired state that differs from the reported one, or null. */
function deltaOf({ desired, reported }: State): JsonObject | null {
  const difference = (wanted: unknown, is: unknown): unknown => {
    if (!isObject(wanted) || !isObject(is)) return sameJson(wanted, is) ? undefined : wanted;
    const entries = Object.entries(wanted).map(([name, value]) => [name, difference(value, is[name])] as const);
    const left = entries.filter(([, value]) => value !== undefined);
    return left.length > 0 ? Object.fromEntries(left) : undefined;
  };
  const delta = desired ? difference(desired, reported ?? {}) : undefined;
  return isObject(delta) ? delta : null;
}

function checkName(what: string, name: string, longest: number): void {
  if (name === "") throw invalid(`${what} is missing`);
  if (name.length > longest) throw invalid(`${what} has a maximum length of ${longest}`);
  if (!/^[a-zA-Z0-9:_-]+$/.test(name)) throw invalid(`${what} must match pattern [a-zA-Z0-9:_-]+`);
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function invalid(text: string): IpcError {
  return new IpcError("InvalidArgumentsError", text);
}
