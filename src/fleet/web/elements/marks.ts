import type { Drift, Runnable, Severity } from "../../../drift/finding.js";
import type { JobOutcome } from "../../state/judged-views.js";
import type { Freshness } from "../../state/views.js";
import { type Html, html } from "../html.js";
import {
  ago,
  DRIFT_LABELS,
  FRESHNESS_LABELS,
  formatInstant,
  OUTCOME_LABELS,
  RUNNABLE_LABELS,
  SEVERITY_LABELS,
} from "../page-text.js";
import { type Icon, icon } from "./icons.js";

/** How a value is coloured and drawn. */
export interface MarkStyle {
  readonly tone: "bad" | "warn" | "good" | "unsure" | "quiet";
  readonly icon: Icon;
}

export const RUNNABLE_STYLES: Readonly<Record<Runnable, MarkStyle>> = {
  WILL_NOT_RUN: { tone: "bad", icon: "wont" },
  CANNOT_TELL: { tone: "unsure", icon: "cannot" },
  RUNNABLE_UNTESTED: { tone: "warn", icon: "untested" },
  RUNNABLE: { tone: "good", icon: "runs" },
};
export const DRIFT_STYLES: Readonly<Record<Drift, MarkStyle>> = {
  DRIFTED: { tone: "bad", icon: "drifted" },
  UNKNOWN: { tone: "unsure", icon: "cannot" },
  NOT_CHECKED: { tone: "quiet", icon: "never" },
  IN_SYNC: { tone: "good", icon: "insync" },
};
export const FRESHNESS_STYLES: Readonly<Record<Freshness, MarkStyle>> = {
  silent: { tone: "bad", icon: "silent" },
  never: { tone: "quiet", icon: "never" },
  late: { tone: "warn", icon: "late" },
  fresh: { tone: "good", icon: "fresh" },
};
const OUTCOME_STYLES: Readonly<Record<JobOutcome, MarkStyle>> = {
  CAN: { tone: "good", icon: "runs" },
  CANNOT: { tone: "bad", icon: "wont" },
  UNKNOWN: { tone: "unsure", icon: "cannot" },
  NO_FACTS: { tone: "quiet", icon: "never" },
};
const SEVERITY_STYLES: Readonly<Record<Severity, MarkStyle>> = {
  BLOCKING: { tone: "bad", icon: "wont" },
  ERROR: { tone: "warn", icon: "drifted" },
  WARNING: { tone: "warn", icon: "untested" },
  INFO: { tone: "quiet", icon: "fresh" },
};

/** A word with its shape and colour. */
export function mark({ tone, icon: shape }: MarkStyle, label: string): Html {
  return html`<span class="mark ${tone}">${icon(shape)}${label}</span>`;
}

export function runnableMark(runnable: Runnable): Html {
  return mark(RUNNABLE_STYLES[runnable] ?? UNKNOWN_STYLE, RUNNABLE_LABELS[runnable] ?? runnable);
}

export function driftMark(drift: Drift): Html {
  return mark(DRIFT_STYLES[drift] ?? UNKNOWN_STYLE, DRIFT_LABELS[drift] ?? drift);
}

export function freshnessMark(state: Freshness): Html {
  return mark(FRESHNESS_STYLES[state] ?? UNKNOWN_STYLE, FRESHNESS_LABELS[state] ?? state);
}

export function outcomeMark(outcome: JobOutcome): Html {
  return mark(OUTCOME_STYLES[outcome], OUTCOME_LABELS[outcome]);
}

/** A finding's severity; a finding without a result is shown as "cannot tell". */
export function severityMark(outcome: string, severity: Severity): Html {
  if (outcome === "UNKNOWN") return mark(UNKNOWN_STYLE, "cannot tell");
  return mark(SEVERITY_STYLES[severity] ?? UNKNOWN_STYLE, SEVERITY_LABELS[severity] ?? severity);
}

const UNKNOWN_STYLE: MarkStyle = { tone: "unsure", icon: "cannot" };

/** A relative time, with the exact one as its title. */
export function timeAgo(iso: string | null, nowMs: number): Html {
  if (iso === null) return html`<span class="nothing">never</span>`;
  return html`<time datetime="${iso}" title="${iso}">${ago(iso, nowMs)}</time>`;
}

/** The clock's time, UTC. */
export function clockTime(iso: string, nowMs: number): Html {
  return html`<time datetime="${iso}" title="${iso}">${formatInstant(iso, nowMs)}</time>`;
}

/** Both values of a difference, side by side. */
export function valuePair(expected: string | null, actual: string | null): Html {
  return html`<dl class="pair"><div class="expected"><dt>expected</dt><dd>${value(expected, "nothing")}</dd></div><div class="actual"><dt>actual</dt><dd>${value(actual)}</dd></div></dl>`;
}

/** A value as the device reported it; `none` is the text for null. */
export function value(text: string | null, none = "not known"): Html {
  return text === null || text === "" ? html`<span class="nothing">${none}</span>` : html`<bdi>${text}</bdi>`;
}
