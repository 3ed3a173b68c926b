import { InvalidInputError } from "../base/errors.js";
import { isObject } from "../base/json.js";
import type { Settings } from "../config/settings.js";
import type { FactsSummary } from "../device/summary.js";
import type { Capabilities, CompleteReport, ReportedAgent, Trigger, Unnumbered } from "../report/report.js";
import type { ReportedShadow } from "../report/reported-shadow.js";

/** The inputs of one examination. */
export interface ExaminationRequest {
  readonly thing: string;
  readonly trigger: Trigger;
  /** Exactly as Greengrass returned it, or the text of the configuration file. */
  readonly configuration: unknown;
  /** The shadow's desired state, which overrides settings. */
  readonly desired?: Readonly<Record<string, unknown>>;
  /** The settings of the keeper's first check: some stay in force until it restarts. Null at the first check. */
  readonly begunWith?: Settings | null;
  readonly agent: Omit<ReportedAgent, "transport">;
  /** There is no Greengrass on this device, so nothing is deployed by it. */
  readonly withoutGreengrass?: boolean;
  /** Problems that count only while reports leave over the nucleus. */
  readonly ipcProblems?: readonly string[];
}

/** The keeper's request to the doctor; only the keeper has a connection to the nucleus. */
export interface DoctorRequest {
  readonly thing: string;
  /** Exactly as Greengrass returned it, or the text of the configuration file. */
  readonly configuration: unknown;
  readonly withoutGreengrass: boolean;
  readonly keeper: KeeperView;
}

/** The keeper's own state. */
export interface KeeperView {
  readonly capabilities: Capabilities;
  readonly subscriptions: {
    /** The topic filters that are subscribed to, and those of them that were granted. */
    readonly filters: readonly string[];
    readonly open: readonly string[];
    readonly echo: "OFF" | "NOT_YET" | "ANSWERED" | "MISSED";
  };
  readonly outbox: {
    readonly waiting: number;
    readonly unacknowledged: number;
    /** Why reports are only in memory; null while they are on disk. */
    readonly problem: string | null;
    readonly damage: string | null;
  };
}

/** One event for the log. */
export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The report about one job, and a digest that changes only when the report's content does. */
export interface Examined {
  readonly report: Unnumbered<CompleteReport>;
  readonly content: string;
}

/** The result of an examination. */
export type Examination =
  /** The configuration is bad: nothing was examined. */
  | { readonly kind: "refused"; readonly message: string }
  | {
      readonly kind: "done";
      readonly settings: Settings;
      /** The next scheduled checks: ISO 8601, UTC, soonest first. */
      readonly nextChecks: readonly string[];
      /** One for each job; a single one without names where there are no jobs. */
      readonly reports: readonly Examined[];
      /** For the named shadow; null when the setting is off or no job was checked. */
      readonly shadow: ReportedShadow | null;
      /** The files and folders of the packaged models that were checked, the most important first. */
      readonly modelFiles: readonly string[];
      readonly log: readonly LogLine[];
    };

/** The outcome of GetComponentDetails. */
export type ComponentDetails =
  | { readonly kind: "found"; readonly version: string; readonly state: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unsupported"; readonly why: string };

/** Keeper to examiner: a request. An examiner serves exactly one. */
export type ExaminerRequest =
  | { readonly wanted: "check"; readonly check: ExaminationRequest }
  | { readonly wanted: "facts" }
  | { readonly wanted: "doctor"; readonly doctor: DoctorRequest }
  /** Validate a configuration that is about to be deployed. */
  | { readonly wanted: "validation"; readonly configuration: unknown }
  /** Find out what keeps the component from starting without Greengrass. */
  | { readonly wanted: "start"; readonly configuration: string };

/** Examiner to keeper: the outcome of its request. */
export type ExaminerResult =
  | { readonly wanted: "check"; readonly examination: Examination }
  | { readonly wanted: "facts"; readonly facts: FactsSummary }
  | { readonly wanted: "doctor"; readonly page: object }
  /** Null: the configuration is valid. */
  | { readonly wanted: "validation"; readonly problem: string | null }
  /** Null: it can start. */
  | { readonly wanted: "start"; readonly problem: string | null };

/** Examiner to keeper: a question about the nucleus, to which only the keeper has a connection. */
export type KeeperQuery =
  | { readonly what: "component-details"; readonly component: string }
  | { readonly what: "is-configured"; readonly component: string }
  /** Whether a classic nucleus would let us publish to a topic. */
  | { readonly what: "may-publish"; readonly topic: string }
  /** The port on which the token exchange service listens now. */
  | { readonly what: "token-exchange-port" };

/** Keeper to examiner: the answer to a query. */
export type Answer =
  | { readonly what: "component-details"; readonly details: ComponentDetails }
  | { readonly what: "is-configured"; readonly configured: boolean }
  /** Null: it would; otherwise why not. */
  | { readonly what: "may-publish"; readonly refusal: string | null }
  /** Null: the nucleus does not report it. */
  | { readonly what: "token-exchange-port"; readonly port: number | null };

/** Every message between the two: JSON, one per line. An answer has the number of its ask. */
export type ExaminerMessage =
  | { readonly type: "request"; readonly request: ExaminerRequest }
  | { readonly type: "ask"; readonly number: number; readonly ask: KeeperQuery }
  | { readonly type: "answer"; readonly number: number; readonly answer: Answer }
  | { readonly type: "result"; readonly result: ExaminerResult };

/** A message as one line. */
export function encodeMessage(message: ExaminerMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/**
 * Parses one line from either side. Throws InvalidInputError for anything that is not a message of this protocol. Both sides run
 * the same bundle, so of reports, settings and facts only the members that identify them, and those that the keeper reads
 * first, are checked.
 */
export function parseMessage(line: string): ExaminerMessage {
  const message = parsed(line);
  if (isMessage(message)) return message;
  throw new InvalidInputError(`${shown(line)} is not a message of the protocol`);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function isMessage(value: unknown): value is ExaminerMessage {
  if (!isObject(value)) return false;
  switch (value.type) {
    case "request":
      return isRequest(value.request);
    case "ask":
      return typeof value.number === "number" && isAsk(value.ask);
    case "answer":
      return typeof value.number === "number" && isAnswer(value.answer);
    case "result":
      return isResult(value.result);
    default:
      return false;
  }
}

function isRequest(value: unknown): value is ExaminerRequest {
  if (!isObject(value)) return false;
  switch (value.wanted) {
    case "check":
      return isObject(value.check) && areTexts(value.check.thing, value.check.trigger) && isObject(value.check.agent);
    case "doctor":
      return isObject(value.doctor) && areTexts(value.doctor.thing) && isObject(value.doctor.keeper);
    case "start":
      return areTexts(value.configuration);
    case "validation":
    case "facts":
      return true;
    default:
      return false;
  }
}

function isAsk(value: unknown): value is KeeperQuery {
  if (!isObject(value)) return false;
  if (value.what === "token-exchange-port") return true;
  if (value.what === "may-publish") return areTexts(value.topic);
  return (value.what === "component-details" || value.what === "is-configured") && areTexts(value.component);
}

function isAnswer(value: unknown): value is Answer {
  if (!isObject(value)) return false;
  switch (value.what) {
    case "component-details":
      return isDetails(value.details);
    case "is-configured":
      return typeof value.configured === "boolean";
    case "may-publish":
      return value.refusal === null || areTexts(value.refusal);
    case "token-exchange-port":
      return value.port === null || typeof value.port === "number";
    default:
      return false;
  }
}

function isDetails(value: unknown): value is ComponentDetails {
  if (!isObject(value)) return false;
  switch (value.kind) {
    case "found":
      return areTexts(value.version, value.state);
    case "absent":
      return true;
    case "unsupported":
      return areTexts(value.why);
    default:
      return false;
  }
}

function isResult(value: unknown): value is ExaminerResult {
  if (!isObject(value)) return false;
  switch (value.wanted) {
    case "check":
      return isExamination(value.examination);
    case "facts":
      return isObject(value.facts) && areTexts(value.facts.schema);
    case "doctor":
      return isObject(value.page);
    case "start":
    case "validation":
      return value.problem === null || areTexts(value.problem);
    default:
      return false;
  }
}

function isExamination(value: unknown): value is Examination {
  if (!isObject(value)) return false;
  if (value.kind === "refused") return areTexts(value.message);
  return (
    value.kind === "done" &&
    isObject(value.settings) &&
    isListOf(value.nextChecks, (time) => areTexts(time)) &&
    isListOf(value.reports, isExamined) &&
    (value.shadow === null || isObject(value.shadow)) &&
    isListOf(value.modelFiles, (path) => areTexts(path)) &&
    isListOf(value.log, isLogLine)
  );
}

function isExamined(value: unknown): value is Examined {
  if (!isObject(value) || !areTexts(value.content) || !isObject(value.report)) return false;
  const { kind, job, component, agent, findings } = value.report;
  return kind === "COMPLETE" && isObject(job) && isObject(component) && isObject(agent) && Array.isArray(findings);
}

function isLogLine(value: unknown): value is LogLine {
  return isObject(value) && isLevel(value.level) && areTexts(value.event) && isObject(value.fields);
}

function isLevel(value: unknown): value is LogLine["level"] {
  return value === "info" || value === "warn" || value === "error";
}

function isListOf(value: unknown, isMember: (member: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isMember);
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}

function shown(line: string): string {
  return line.length > 80 ? JSON.stringify(`${line.slice(0, 80)}…`) : JSON.stringify(line);
}
