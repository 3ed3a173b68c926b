import type { Cause, ChangeDelta, RequestView } from "../../state/views.js";
import { devicePath, link } from "../address.js";
import { type Html, html } from "../html.js";
import {
  ago,
  atInstant,
  formatInstant,
  formatNumber,
  pluralForm,
  pluralize,
  propertyLabel,
  ruleLabel,
} from "../page-text.js";
import type { Visit } from "../visit.js";
import { icon } from "./icons.js";
import { severityMark, timeAgo, value, valuePair } from "./marks.js";
import { askButton, recentRequest, requestProgress } from "./requests.js";

const FIRST = 4;

/** A cause that devices share: how many devices, both values, since when, the change that led to it, the fix. */
export function causeCard(
  cause: Cause,
  visit: Visit,
  requests: readonly RequestView[],
  level: "h2" | "h3" = "h3",
): Html {
  const { nowMs, at } = visit;
  const filter = { cause: cause.cause };
  const anchor = `cause-${cause.cause}`;
  const asked = recentRequest(requests, filter, nowMs);
  const name = html`<a href="${link(`/causes/${encodeURIComponent(cause.cause)}`, { at })}">${ruleLabel(cause.rule)}</a>`;
  return html`<article class="cause ${toneOf(cause)}" id="${anchor}" data-key="${cause.cause}">
<p class="count"><b>${formatNumber(cause.things)}</b> ${pluralForm(cause.things, "device", "devices")}</p>
<div class="what">
<header>${level === "h2" ? html`<h2>${name}</h2>` : html`<h3>${name}</h3>`}<code>${cause.rule}</code>${severityMark(cause.outcome, cause.severity)}</header>
${valuePair(cause.expected, cause.actual)}
<p class="because">${cause.because}.</p>
${changeLine(cause, nowMs)}
<p class="when">Since ${timeAgo(cause.since, nowMs)} (${formatInstant(cause.since, nowMs)})${
    ago(cause.last, nowMs) === ago(cause.since, nowMs) ? null : html`, the last one ${timeAgo(cause.last, nowMs)}`
  }</p>
<p class="first">${cause.first.slice(0, FIRST).map((thing) => html`<a href="${link(devicePath(thing), { at })}"><bdi>${thing}</bdi></a> `)}${
    cause.things > FIRST
      ? html`<a class="more" href="${link("/devices", filter, { at })}">and ${formatNumber(cause.things - Math.min(FIRST, cause.first.length))} more</a>`
      : null
  }</p>
</div>
<div class="fix">
${level === "h2" ? html`<h3 class="label">Fix</h3>` : html`<h4 class="label">Fix</h4>`}
${remedyList(cause.remedy, cause.breaks)}
${asked === undefined ? askButton(visit, { command: "check", filter, count: cause.things, anchor }, toneOf(cause) === "bad" ? "main" : "") : requestProgress(asked, nowMs)}
</div>
</article>`;
}

/** How severe it is. */
export function toneOf({ outcome, severity }: Pick<Cause, "outcome" | "severity">): string {
  if (outcome === "UNKNOWN") return "unsure";
  return severity === "BLOCKING" ? "bad" : severity === "INFO" ? "quiet" : "warn";
}

/** Fixes, the smallest first, and what the first one breaks. */
export function remedyList(remedy: readonly string[], breaks: readonly string[] = []): Html {
  if (remedy.length === 0) return html`<p class="nothing">No fix is known.</p>`;
  return html`<ol class="remedies">${remedy.map((each) => html`<li>${each}</li>`)}</ol>${
    breaks.length === 0
      ? null
      : html`<p class="breaks">${icon("untested")}<span>The first one breaks: ${breaks.join("; ")}</span></p>`
  }`;
}

function changeLine({ change, things }: Cause, nowMs: number): Html | null {
  if (change === null) return null;
  const from = formatInstant(change.from, nowMs);
  const to = formatInstant(change.to, nowMs);
  const when = from === to ? atInstant(change.from, nowMs) : `between ${from} and ${to}`;
  const whom =
    change.things === things
      ? pluralForm(things, "on this device", "on all of them")
      : `on ${pluralize(change.things, "device")}`;
  return html`<p class="change">${icon("change")}<span>Came with ${deltaWords(change.delta, MOST_CHANGES)} ${whom}, ${when}</span></p>`;
}

/** `L4T 32.7.1 → 35.3.1, TensorRT 8.2.1 → 8.5.2` */
export function deltaWords(delta: ChangeDelta, most = Number.POSITIVE_INFINITY): Html {
  const all = Object.entries(delta).sort(([a], [b]) => rankOf(a) - rankOf(b));
  if (all.length === 0) return html`a change`;
  const rest = all.length - most;
  return html`${all
    .slice(0, rest === 1 ? all.length : most)
    .map(
      ([name, [before, after]], at) =>
        html`${at === 0 ? "" : ", "}<span class="delta">${propertyLabel(name)} ${value(before)} <span class="to">→</span> ${value(after)}</span>`,
    )}${rest > 1 ? ` and ${rest} more` : ""}`;
}

const MOST_CHANGES = 4;
/** The order in which a change's properties name it: a new JetPack includes a new kernel, not the other way round. */
const CHANGE_ORDER = [
  "jetpack",
  "l4t",
  "driver",
  "cuda",
  "tensorrt",
  "deployedVersion",
  "component",
  "product",
  "gpus",
  "cpu",
];

function rankOf(name: string): number {
  const rank = CHANGE_ORDER.indexOf(name);
  return rank === -1 ? CHANGE_ORDER.length : rank;
}
