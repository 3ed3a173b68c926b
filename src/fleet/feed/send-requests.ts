import { chunksOf } from "../../base/chunks.js";
import type { Later } from "../../base/clock.js";
import { ExpectedError, messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { TopicPrefixes } from "../ingest/fleet-topics.js";
import type { Database, SqlStatement, SqlValue } from "../store/database.js";
import { commandTopic } from "./device-topics.js";
import { ANSWER_MS, ROWS_A_STATEMENT } from "./make-request.js";
import type { Outgoing } from "./send-to-devices.js";

/** The dependencies of sending requests. */
interface SendRequestsParts {
  readonly database: Database;
  readonly prefixes: TopicPrefixes;
  readonly log: Log;
  readonly later: Later;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Called when there is something to send. */
  readonly wake: () => void;
  /** Called when counts may have changed. */
  readonly onChanged: () => void;
}

/** Sends stored requests, and finds devices that do not answer. */
interface SendRequests {
  /** The next message; null when there is none now. */
  next(): Outgoing | null;
  /** Reads what to send: there may be more than before. */
  load(): void;
  /** Sends nothing more; resolves when what was sent is recorded. */
  stop(): Promise<void>;
}

/** A request that could not be sent within a day is out of date. */
const OUTDATED_MS = 86_400_000;
const SWEEP_MS = 5_000;
const NOTE_MS = 250;
const PAGE = 500;

/** A request to one device. */
export interface DueRequest {
  readonly id: string;
  readonly command: string;
  readonly thing: string;
}

/**
 * Starts to send, including what earlier processes left unsent. Invariants: a thing is WAITING without `sent_at` until
 * the broker has its message; what was sent but not yet recorded is sent again by the next process under the same id,
 * which devices ignore. The intake stores the answers.
 */
export function sendRequests(parts: SendRequestsParts): SendRequests {
  const requests = new Requests(parts);
  requests.start();
  return requests;
}

class Requests implements SendRequests {
  private readonly due: DueRequest[] = [];
  /** Sent or being sent, and not yet recorded. */
  private readonly underWay = new Set<string>();
  private sent: DueRequest[] = [];
  /** When the first of them was given out: no answer can have come before. */
  private sentAt = "";
  private loading: Promise<void> | null = null;
  private loadsAgain = false;
  private noting: Promise<void> = Promise.resolve();
  private cancelNote: (() => void) | null = null;
  private cancelSweep = () => {};
  private isStopped = false;

  constructor(private readonly parts: SendRequestsParts) {}

  start(): void {
    this.load();
    this.sweepLater();
  }

  next(): Outgoing | null {
    const due = this.due.shift();
    // Not on every call, since this is called whenever another lane has sent something.
    if (due === undefined) return null;
    if (this.due.length === 0) this.load();
    const key = keyOf(due);
    const givenOutAt = iso(this.parts.now());
    return {
      ...requestMessage(due, this.parts.prefixes),
      onSent: () => {
        if (this.sent.length === 0 || givenOutAt < this.sentAt) this.sentAt = givenOutAt;
        this.sent.push(due);
        this.cancelNote ??= this.parts.later(NOTE_MS, () => void this.noteSent());
      },
      onFailed: () => {
        this.underWay.delete(key);
        this.load();
      },
    };
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelSweep();
    this.cancelNote?.();
    await this.loading;
    await this.noteSent();
  }

  /** Loads what to send next; once more if that is requested meanwhile, since there may be more by then. */
  load(): void {
    if (this.isStopped) return;
    this.loadsAgain = this.loading !== null;
    this.loading ??= this.loadPage()
      .catch((error: unknown) => this.failed("load", error))
      .finally(() => {
        this.loading = null;
        if (this.loadsAgain) this.load();
      });
  }

  private async loadPage(): Promise<void> {
    if (this.due.length > 0) return this.parts.wake();
    for (const each of await dueRequests(this.parts.database, PAGE + this.underWay.size)) {
      const key = keyOf(each);
      if (this.underWay.has(key)) continue;
      this.underWay.add(key);
      this.due.push(each);
    }
    if (this.due.length > 0) this.parts.wake();
  }

  private noteSent(): Promise<void> {
    this.cancelNote = null;
    this.noting = this.noting.then(async () => {
      const [sent, sentAt] = [this.sent.splice(0), this.sentAt];
      if (sent.length === 0) return;
      try {
        await this.parts.database.write(noteStatements(sent, sentAt));
        for (const each of sent) this.underWay.delete(keyOf(each));
        this.parts.onChanged();
      } catch (error) {
        this.failed("note", error);
        if (this.sent.length === 0 || sentAt < this.sentAt) this.sentAt = sentAt;
        this.sent.push(...sent);
        if (!this.isStopped) this.cancelNote ??= this.parts.later(SWEEP_MS, () => void this.noteSent());
      }
    });
    return this.noting;
  }

  private sweepLater(): void {
    if (this.isStopped) return;
    this.cancelSweep = this.parts.later(SWEEP_MS, () => {
      this.load();
      void this.sweep()
        .catch((error: unknown) => this.failed("sweep", error))
        .finally(() => this.sweepLater());
    });
  }

  /** Marks devices that have not answered in time as silent. */
  private async sweep(): Promise<void> {
    if (await silenceOverdue(this.parts.database, this.parts.now())) this.parts.onChanged();
  }

  /** Errors of the store are retried; anything else is a bug. */
  private failed(what: string, error: unknown): void {
    if (!(error instanceof ExpectedError)) throw error;
    this.parts.log.warn("requests.failed", { what, message: messageOf(error) });
  }
}

/** The requests to send, at most `most`, oldest first. */
export async function dueRequests(database: Pick<Database, "all">, most: number): Promise<readonly DueRequest[]> {
  const rows = await database.all(UNSENT, [most]);
  return rows.map((row) => ({ id: String(row.id), command: String(row.command), thing: String(row.thing) }));
}

/** The message of a request to a device, without its callbacks. */
export function requestMessage({ id, command, thing }: DueRequest, prefixes: TopicPrefixes) {
  return { topic: commandTopic(prefixes, thing, command), payload: JSON.stringify({ id }) };
}

/** Marks devices that have not answered in time as silent; resolves to whether there were any. */
export async function silenceOverdue(database: Pick<Database, "all" | "write">, nowMs: number): Promise<boolean> {
  const late: readonly SqlValue[] = [iso(nowMs - ANSWER_MS), iso(nowMs - OUTDATED_MS)];
  const [open] = await database.all(OVERDUE, late);
  if (open !== undefined) await database.write([{ sql: SILENCE, parameters: late }]);
  return open !== undefined;
}

const iso = (ms: number) => new Date(ms).toISOString();
const keyOf = ({ id, thing }: DueRequest) => `${id} ${thing}`;

const UNSENT = `SELECT t.id, t.thing, r.command FROM request_thing t JOIN request r ON r.id = t.id
  WHERE t.status = 'WAITING' AND t.sent_at IS NULL ORDER BY t.id, t.thing LIMIT $1`;
const IS_OVERDUE = `status = 'WAITING' AND (sent_at < $1
  OR (sent_at IS NULL AND id IN (SELECT id FROM request WHERE asked_at < $2)))`;
const OVERDUE = `SELECT id FROM request_thing WHERE ${IS_OVERDUE} LIMIT 1`;
const SILENCE = `UPDATE request_thing SET status = 'SILENT' WHERE ${IS_OVERDUE}`;

/** Records what was sent. */
export function noteStatements(sent: readonly DueRequest[], at: string): readonly SqlStatement[] {
  const byRequest = new Map<string, string[]>();
  for (const { id, thing } of sent) byRequest.set(id, [...(byRequest.get(id) ?? []), thing]);
  return [...byRequest].flatMap(([id, things]) =>
    chunksOf(things.sort(), ROWS_A_STATEMENT).map((some) => ({
      sql: `UPDATE request_thing SET sent_at = $1 WHERE id = $2 AND sent_at IS NULL AND thing IN (${some.map((_, i) => `$${i + 3}`).join(", ")})`,
      parameters: [at, id, ...some],
    })),
  );
}
