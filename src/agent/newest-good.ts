import { ExpectedError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Settings } from "../config/settings.js";
import type { Examination, ExaminationRequest } from "../examiner/protocol.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Capabilities, Trigger } from "../report/report.js";
import { UnreadableSettingsError } from "../transports/greengrass/read-configuration.js";
import type { LastGood } from "./last-good.js";

/** The result of an examination, with the settings in force. */
export type CompletedExamination = Extract<Examination, { kind: "done" }>;

/** The configuration is bad, and there is no good one to fall back on. */
export class ConfigurationError extends ExpectedError {}

/** The dependencies of an examination. */
export interface ExaminationSource {
  readonly thing: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly log: Pick<Log, "error">;
  readonly readConfiguration: () => Promise<unknown>;
  /** The shadow's current desired state. */
  readonly desired: () => Readonly<Record<string, unknown>>;
  readonly lastGood: LastGood;
  /** Limits of the connection to the nucleus, for the reports. */
  readonly ipcProblems: () => readonly string[];
  /** Resolves once the nucleus has been probed. */
  readonly capabilities: () => Promise<Capabilities>;
  /** One examination; throws ExpectedError when the examiner failed. */
  readonly examine: (request: ExaminationRequest) => Promise<Examination>;
  readonly outbox: Pick<Outbox, "storage" | "damage">;
  /** Why the work folder cannot be trusted; null if it can. */
  readonly workFolderProblem: () => string | null;
  /** A file of the work folder that another user may have written, in words. */
  readonly untrustedFile: () => string | null;
}

/**
 * Examines with the newest configuration; when that is bad, with the last good one, and reports what is wrong with the newest.
 * Resolves to null when stopped meanwhile. Throws ConfigurationError when neither is good.
 */
export function examineNewestGood(
  source: ExaminationSource,
  isStopped: () => boolean,
): (trigger: Trigger) => Promise<CompletedExamination | null> {
  let reportedRefusal: string | null = null;
  let begunWith: Settings | null = null;

  async function withConfiguration(trigger: Trigger, configuration: unknown, problem: string | null) {
    const { thing, examine } = source;
    const agent = agentOf(source, problem, await source.capabilities());
    if (isStopped()) return null;
    const [desired, ipcProblems] = [source.desired(), source.ipcProblems()];
    const found = await examine({ thing, trigger, configuration, desired, begunWith, agent, ipcProblems });
    return isStopped() ? null : found;
  }

  async function fallBack(trigger: Trigger, message: string): Promise<CompletedExamination | null> {
    const lastGood = source.lastGood.load();
    const found = lastGood === null ? null : await withConfiguration(trigger, lastGood, message);
    if (isStopped()) return null;
    if (message !== reportedRefusal) {
      const reaction = found?.kind === "done" ? "keeping the last good one" : "none to fall back on";
      source.log.error("configuration.refused", { message, reaction });
    }
    reportedRefusal = message;
    if (found?.kind === "done") return found;
    // Report the newest one, since that is the one to fix: this version may refuse what an earlier version accepted.
    throw new ConfigurationError(message);
  }

  return async (trigger) => {
    if (isStopped()) return null;
    const newest = await readNewest(source);
    const found =
      newest.kind === "unreadable"
        ? { kind: "refused" as const, message: newest.message }
        : await withConfiguration(trigger, newest.configuration, null);
    if (found === null) return null;
    const result = found.kind === "refused" ? await fallBack(trigger, found.message) : found;
    if (found.kind === "done" && newest.kind === "read") {
      reportedRefusal = null;
      source.lastGood.save(newest.configuration);
    }
    begunWith ??= result?.settings ?? null;
    return result;
  };
}

type Newest =
  | { readonly kind: "read"; readonly configuration: unknown }
  | { readonly kind: "unreadable"; readonly message: string };

/** A configuration that the nucleus cannot send is treated as a bad one: retrying will not help. */
async function readNewest(source: ExaminationSource): Promise<Newest> {
  try {
    return { kind: "read", configuration: await source.readConfiguration() };
  } catch (error) {
    if (!(error instanceof UnreadableSettingsError)) throw error;
    return { kind: "unreadable", message: error.message };
  }
}

/** The agent section of a report. */
function agentOf(
  { version, nodeVersion, outbox, workFolderProblem, untrustedFile }: ExaminationSource,
  problem: string | null,
  capabilities: Capabilities,
): ExaminationRequest["agent"] {
  const { storage, damage } = outbox;
  const inMemory = storage.problem === null ? null : `Reports are kept in memory only: ${storage.problem}`;
  const folder = workFolderProblem();
  const untrusted = folder === null ? null : `${folder}, so compiled code is not read from this work folder`;
  const file = untrustedFile();
  const unread = file === null ? null : `${file}, so it is not read`;
  return {
    version,
    node: nodeVersion,
    outbox: storage.kind,
    problems: [problem, inMemory, damage, untrusted, unread].filter((text) => text !== null),
    capabilities,
  };
}
