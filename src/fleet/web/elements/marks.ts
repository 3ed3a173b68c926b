import type { Drift, Runnable, Severity } from "../../../drift/finding.js";
import type { JobOutcome } from "../../state/judged-views.js";
import type { Freshness } from "../../state/views.js";
import { type Html, html } from "../html.js";
import {
  ago,
  DRIFT_WORDS,
  FRESHNESS_WORDS,
  instant,
  OUTCOME_WORDS,
  RUNNABLE_WORDS,
  SEVERITY_WORDS,
} from "../page-words.js";
import { type Icon, icon } from "./icons.js";

/** How a value is coloured and drawn. */
export interface Look {
  readonly tone: "bad" | "warn" | "good" | "unsure" | "quiet";
  readonly icon: Icon;
}

export const RUNNABLE_LOOKS: Readonly<Record<Runnable, Look>> = {
  WILL_NOT_RUN: { tone: "bad", icon: "wont" },
  CANNOT_TELL: { tone: "unsure", icon: "cannot" },
  RUNNABLE_UNTESTED: { tone: "warn", icon: "untested" },
  RUNNABLE: { tone: "good", icon: "runs" },
};
export const DRIFT_LOOKS: Readonly<Record<Drift, Look>> = {
  DRIFTED: { tone: "bad", icon: "drifted" },
  UNKNOWN: { tone: "unsure", icon: "cannot" },
  NOT_CHECKED: { tone: "quiet", icon: "never" },
  IN_SYNC: { tone: "good", icon: "insync" },
};
export const FRESHNESS_LOOKS: Readonly<Record<Freshness, Look>> = {
  silent: { tone: "bad", icon: "silent" },
  never: { tone: "quiet", icon: "never" },
  late: { tone: "warn", icon: "late" },
  fresh: { tone: "good", icon: "fresh" },
};
const OUTCOME_LOOKS: Readonly<Record<JobOutcome, Look>> = {
  CAN: { tone: "good", icon: "runs" },
  CANNOT: { tone: "bad", icon: "wont" },
  UNKNOWN: { tone: "unsure", icon: "cannot" },
  NO_FACTS: { tone: "quiet", icon: "never" },
};
const SEVERITY_LOOKS: Readonly<Record<Severity, Look>> = {
  BLOCKING: { tone: "bad", icon: "wont" },
  ERROR: { tone: "warn", icon: "drifted" },
  WARNING: { tone: "warn", icon: "untested" },
  INFO: { tone: "quiet", icon: "fresh" },
};

/** A word with its shape and colour. */
export function mark({ tone, icon: shape }: Look, word: string): Html {
  return html`<span class="mark ${tone}">${icon(shape)}${word}</span>`;
}

export function runnableMark(runnable: Runnable): Html {
  return mark(RUNNABLE_LOOKS[runnable] ?? UNKNOWN_LOOK, RUNNABLE_WORDS[runnable] ?? runnable);
}

export function driftMark(drift: Drift): Html {
  return mark(DRIFT_LOOKS[drift] ?? UNKNOWN_LOOK, DRIFT_WORDS[drift] ?? drift);
}

export function freshnessMark(state: Freshness): Html {
  return mark(FRESHNESS_LOOKS[state] ?? UNKNOWN_LOOK, FRESHNESS_WORDS[state] ?? state);
}

export function outcomeMark(outcome: JobOutcome): Html {
  return mark(OUTCOME_LOOKS[outcome], OUTCOME_WORDS[outcome]);
}

/** What a finding comes to; one that is not a drift cannot tell. */
export function severityMark(outcome: string, severity: Severity): Html {
  if (outcome === "UNKNOWN") return mark(UNKNOWN_LOOK, "cannot tell");
  return mark(SEVERITY_LOOKS[severity] ?? UNKNOWN_LOOK, SEVERITY_WORDS[severity] ?? severity);
}

const UNKNOWN_LOOK: Look = { tone: "unsure", icon: "cannot" };

/** A time as people say it, exact on demand. */
export function timeAgo(iso: string | null, nowMs: number): Html {
  if (iso === null) return html`<span class="nothing">never</span>`;
  return html`<time datetime="${iso}" title="${iso}">${ago(iso, nowMs)}</time>`;
}

/** The clock's time, UTC. */
export function clockTime(iso: string, nowMs: number): Html {
  return html`<time datetime="${iso}" title="${iso}">${instant(iso, nowMs)}</time>`;
}

/** Both values of a difference, side by side. */
export function valuePair(expected: string | null, actual: string | null): Html {
  return html`<dl class="pair"><div class="expected"><dt>expected</dt><dd>${value(expected, "nothing")}</dd></div><div class="actual"><dt>actual</dt><dd>${value(actual)}</dd></div></dl>`;
}

/** A value as a device says it; null is what nobody knows, unless `none` says something else. */
export function value(text: string | null, none = "not known"): Html {
  return text === null || text === "" ? html`<span class="nothing">${none}</span>` : html`<bdi>${text}</bdi>`;
}
