import { backoffMs } from "../../base/backoff.js";
import { ExpectedError } from "../../base/errors.js";
import { isObject, parseJson } from "../../base/json.js";

/** How a shadow is reached: over IPC, or over its MQTT topics. Every call ends; both throw ExpectedError. */
export interface ShadowPort {
  /** The document as the service gives it; null when there is none. */
  get(): Promise<string | null>;
  /** The accepted document, or "conflict" when another version than the one sent is there. */
  update(document: string): Promise<string | "conflict">;
}

type Members = Readonly<Record<string, unknown>>;

/** What is wanted of the device; what is no simple value is its JSON text, which no setting takes. */
export type Desired = Readonly<Record<string, string | number | boolean>>;

export interface ShadowParts {
  readonly port: ShadowPort;
  readonly later: (milliseconds: number, action: () => void) => () => void;
  readonly nowMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** What is desired has changed. */
  readonly onDesired: (desired: Desired) => void;
  readonly onEvent: (event: "shadow.written" | "shadow.not-written", fields: Members) => void;
}

export interface Shadow {
  /** Has this reported state written: when it says something new, or was last written so long ago. */
  report(state: Members, refreshMs: number): void;
  /** A delta document, as it came. */
  delta(document: string): void;
  /** An accepted document, as it came: what somebody else desires is read, a wish that was taken back too. */
  accepted(document: string): void;
  /** Reads what is there. */
  start(): void;
  stop(): void;
}

const LEAST_GAP_MS = 10_000;
const BACKOFF = { firstMs: 20_000, lastMs: 600_000 };
const MOST_CONFLICTS = 3;
/** They change with every check and are no news by themselves. */
const NO_NEWS: readonly string[] = ["checked", "seq"];

/**
 * Keeps a shadow's reported state: one write at a time, at most one in 10 s, the newest state wins. Each write names the
 * version that was last seen; another version there means that something was desired meanwhile, so it is read first. What
 * cannot be written is tried again with back-off up to 10 min.
 */
export function keepShadow({ port, later, nowMs, random, onDesired, onEvent }: ShadowParts): Shadow {
  let wanted: { readonly state: Members; readonly news: string } | null = null;
  let written: { readonly news: string; readonly at: number } | null = null;
  let version: number | null = null;
  let desired: Desired = {};
  let cancel: (() => void) | null = null;
  let lastTryAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let busy = false;
  let stopped = false;

  function plan(): void {
    if (wanted === null || busy || cancel !== null || stopped) return;
    const wait = failures === 0 ? LEAST_GAP_MS : Math.max(LEAST_GAP_MS, backoffMs(failures, BACKOFF, random));
    const since = nowMs() - lastTryAt;
    // A clock that was set back must not hold it up.
    const left = since < 0 ? LEAST_GAP_MS : wait - since;
    cancel = later(Math.max(0, left), () => {
      cancel = null;
      void write();
    });
  }

  async function write(): Promise<void> {
    if (wanted === null || stopped) return;
    const now = wanted;
    busy = true;
    lastTryAt = nowMs();
    try {
      const bytes = await send(now.state);
      failures = 0;
      written = { news: now.news, at: nowMs() };
      if (wanted === now) wanted = null;
      onEvent("shadow.written", { version, bytes });
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (failures === 0) onEvent("shadow.not-written", { message: error.message });
      failures = Math.min(failures + 1, 10);
    }
    busy = false;
    plan();
  }

  async function send(reported: Members): Promise<number> {
    for (let attempt = 0; attempt < MOST_CONFLICTS; attempt++) {
      const document = JSON.stringify({ state: { reported }, ...(version === null ? {} : { version }) });
      const answer = await port.update(document);
      if (answer !== "conflict") {
        version = numberIn(parse(answer), "version");
        return document.length;
      }
      await read();
    }
    throw new ExpectedError(`Cannot write the shadow: ${MOST_CONFLICTS} times another version was there`);
  }

  async function read(): Promise<void> {
    const document = await port.get();
    const found = document === null ? null : parse(document);
    version = numberIn(found, "version");
    become(simple(membersIn(membersIn(found, "state"), "desired")));
  }

  function become(next: Desired): void {
    if (JSON.stringify(next) === JSON.stringify(desired)) return;
    desired = next;
    onDesired(desired);
  }

  function start(): void {
    read().catch((error: unknown) => {
      if (!(error instanceof ExpectedError)) throw error;
      onEvent("shadow.not-written", { message: error.message });
    });
  }

  return {
    start,
    report(state, refreshMs) {
      const news = JSON.stringify(Object.entries(state).filter(([key]) => !NO_NEWS.includes(key)));
      const age = written === null ? Number.POSITIVE_INFINITY : nowMs() - written.at;
      const isOld = age < 0 || age >= refreshMs;
      if (news === (wanted ?? written)?.news && !isOld) return;
      wanted = { state, news };
      plan();
    },
    delta(document) {
      const found = parse(document);
      version = numberIn(found, "version") ?? version;
      become({ ...desired, ...simple(membersIn(found, "state")) });
    },
    accepted(document) {
      // Ours hold what is reported alone. A delta tells all else but that a wish is gone, which others may say in any form: with
      // null, or by what is left.
      if (membersIn(parse(document), "state")?.desired !== undefined) start();
    },
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}

/** What came on the topics of a shadow, as answers to what was sent: requests and answers meet by their client token. */
export function topicShadow(parts: {
  readonly publish: (suffix: "get" | "update", payload: string) => Promise<void>;
  readonly later: (milliseconds: number, action: () => void) => () => void;
  readonly newToken: () => string;
}): ShadowPort & { take(suffix: string, payload: string): void } {
  const waiting = new Map<string, (suffix: string, payload: string) => void>();

  async function ask(kind: "get" | "update", document: Members): Promise<readonly [suffix: string, payload: string]> {
    const clientToken = parts.newToken();
    let cancel = () => {};
    const answered = new Promise<readonly [string, string]>((resolve, reject) => {
      waiting.set(clientToken, (suffix, payload) => resolve([suffix, payload]));
      const why = `Cannot ${kind} the shadow: no answer within ${ANSWER_LIMIT_MS} ms`;
      cancel = parts.later(ANSWER_LIMIT_MS, () => reject(new ExpectedError(why)));
    });
    answered.catch(() => undefined);
    try {
      await parts.publish(kind, JSON.stringify({ ...document, clientToken }));
      return await answered;
    } finally {
      cancel();
      waiting.delete(clientToken);
    }
  }

  return {
    async get() {
      const [suffix, payload] = await ask("get", {});
      if (suffix === "get/accepted") return payload;
      if (numberIn(parse(payload), "code") === 404) return null;
      throw refused("get", payload);
    },
    async update(document) {
      const [suffix, payload] = await ask("update", parse(document) ?? {});
      if (suffix === "update/accepted") return payload;
      if (numberIn(parse(payload), "code") === 409) return "conflict";
      throw refused("update", payload);
    },
    take(suffix, payload) {
      const token = parse(payload)?.clientToken;
      if (typeof token === "string") waiting.get(token)?.(suffix, payload);
    },
  };
}

const ANSWER_LIMIT_MS = 10_000;

function refused(kind: string, payload: string): ExpectedError {
  return new ExpectedError(`Cannot ${kind} the shadow: refused with ${payload.slice(0, 200)}`);
}

function parse(text: string): (Members & { readonly clientToken?: unknown }) | null {
  try {
    const found: unknown = parseJson(text);
    return isObject(found) ? found : null;
  } catch {
    return null;
  }
}

function membersIn(members: Members | null, key: string): Members | null {
  const found = members?.[key];
  return isObject(found) ? found : null;
}

function numberIn(members: Members | null, key: string): number | null {
  const found = members?.[key];
  return typeof found === "number" ? found : null;
}

function simple(members: Members | null): Desired {
  const entries = Object.entries(members ?? {}).filter(([, value]) => value !== null);
  const text = (value: unknown) => (typeof value === "object" ? JSON.stringify(value).slice(0, 200) : value);
  return Object.fromEntries(entries.map(([key, value]) => [key, text(value)])) as Desired;
}
