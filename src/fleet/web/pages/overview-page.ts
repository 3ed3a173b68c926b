import type { ReceiverStatus } from "../../alarms/fleet-metrics.js";
import type { Cause, RequestView, Summary, TrendPoint } from "../../state/views.js";
import { link } from "../address.js";
import { shareBar, trendChart } from "../elements/bars.js";
import { causeCard } from "../elements/cause-card.js";
import { DRIFT_STYLES, FRESHNESS_STYLES, RUNNABLE_STYLES } from "../elements/marks.js";
import { receiverTrouble } from "../elements/receiver-trouble.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import {
  DRIFT_LABELS,
  FRESHNESS_LABELS,
  formatInstant,
  formatNumber,
  pluralize,
  RUNNABLE_LABELS,
} from "../page-text.js";
import { deliverySentence, fleetSentence, withVerdict } from "../sentence.js";
import type { Visit } from "../visit.js";
import { jobDrop } from "./jobs-page.js";

export interface Overview {
  readonly summary: Summary;
  readonly causes: readonly Cause[];
  /** Whether there are more causes than shown. */
  readonly moreCauses: boolean;
  /** Null: it is still being counted. */
  readonly trend: readonly TrendPoint[] | null;
  readonly requests: readonly RequestView[];
  readonly receivesFrom: string | null;
  readonly receiver: ReceiverStatus;
  readonly topicPrefix: string;
}

/** How far back the slider goes. */
export const TREND_DAYS = 14;

/** The first page: one sentence, why, since when, what to do. */
export function overviewPage(overview: Overview, visit: Visit): PageContent {
  const { summary } = overview;
  const main = html`${receiverTrouble(overview.receiver, visit)}${summary.things === 0 ? nobodyYet(overview) : fleet(overview, visit)}`;
  return { title: "Overview", section: "/", main };
}

function fleet(overview: Overview, visit: Visit): Html {
  const { summary, trend } = overview;
  return html`<section class="opening" id="opening" data-live>
<h1>${fleetSentence(summary, visit.at)}</h1>
<p class="lead">${pluralize(summary.things, "device")}, as of ${formatInstant(summary.at, visit.nowMs)}.</p>
</section>
<div class="columns">
<section class="causes" id="causes" data-live aria-labelledby="causes-title">
${causes(overview, visit)}
</section>
<div class="side">
<section class="panel" id="shares" data-live aria-label="Devices by state">${shares(summary, visit)}</section>
<section class="panel" aria-labelledby="time-title"><h2 id="time-title">The last ${TREND_DAYS} days</h2><div id="trend" data-live>${history(trend)}</div>${timeForm(visit)}</section>
<section class="panel" aria-labelledby="drop-title"><h2 id="drop-title">Will a job run here?</h2>${jobDrop("drop")}</section>
</div>
</div>
<section class="delivery-line" id="delivered" data-live><p>${visit.at === undefined ? null : "Up to now: "}<a href="/delivery">${deliverySentence(summary)}</a></p></section>`;
}

function history(trend: Overview["trend"]): Html {
  if (trend === null) return html`<p class="nothing">The history is being counted and will appear in a moment.</p>`;
  return trendChart(trend) ?? html`<p class="nothing">No history yet.</p>`;
}

function causes({ causes: all, moreCauses, requests, summary }: Overview, visit: Visit): Html {
  if (all.length === 0) {
    if (withVerdict(summary.runnable) === 0) {
      return html`<h2 id="causes-title">Causes</h2><div class="empty-state"><p><b>No report has arrived yet.</b></p><p>The first one of a device says whether its model runs.</p></div>`;
    }
    return html`<h2 id="causes-title">Causes</h2><div class="empty-state calm"><p><b>Nothing differs from its description.</b></p><p>${
      notCompared(summary, visit) ??
      html`When a device drifts, its cause appears here with both values, since when, and the fix.`
    }</p></div>`;
  }
  return html`<h2 id="causes-title">${pluralize(all.length, "cause")}${moreCauses ? " that matter most" : ""}</h2>
${all.map((cause) => causeCard(cause, visit, requests))}
${moreCauses ? html`<p class="all"><a href="${link("/causes", { at: visit.at })}">All causes</a></p>` : null}`;
}

/** How many devices could not be compared, and where they are listed; null without any. */
function notCompared({ drift }: Summary, { at }: Visit): Html | null {
  const lists = (["UNKNOWN", "NOT_CHECKED"] as const)
    .filter((word) => drift[word] > 0)
    .map(
      (word, index) =>
        html`${index === 0 ? "" : ", "}<a href="${link("/devices", { drift: word, at })}">${formatNumber(drift[word])} ${DRIFT_LABELS[word]}</a>`,
    );
  if (lists.length === 0) return null;
  return html`${pluralize(drift.UNKNOWN + drift.NOT_CHECKED, "device")} could not be compared yet: ${lists}.`;
}

function shares({ runnable, drift, states }: Summary, { at }: Visit): Html {
  const list = (filter: Readonly<Record<string, string>>) => link("/devices", filter, { at });
  return html`<h2 class="hidden">Devices by state</h2>
${shareBar("Models", [
  share("WILL_NOT_RUN", RUNNABLE_LABELS, RUNNABLE_STYLES, runnable, (key) => list({ runnable: key })),
  share("CANNOT_TELL", RUNNABLE_LABELS, RUNNABLE_STYLES, runnable, (key) => list({ runnable: key })),
  share("RUNNABLE_UNTESTED", RUNNABLE_LABELS, RUNNABLE_STYLES, runnable, (key) => list({ runnable: key })),
  share("RUNNABLE", RUNNABLE_LABELS, RUNNABLE_STYLES, runnable, (key) => list({ runnable: key })),
])}
${shareBar("Drift", [
  share("DRIFTED", DRIFT_LABELS, DRIFT_STYLES, drift, (key) => list({ drift: key })),
  share("UNKNOWN", DRIFT_LABELS, DRIFT_STYLES, drift, (key) => list({ drift: key })),
  share("NOT_CHECKED", DRIFT_LABELS, DRIFT_STYLES, drift, (key) => list({ drift: key })),
  share("IN_SYNC", DRIFT_LABELS, DRIFT_STYLES, drift, (key) => list({ drift: key })),
])}
${shareBar("Heard", [
  share("silent", FRESHNESS_LABELS, FRESHNESS_STYLES, states, (key) => list({ state: key })),
  share("never", FRESHNESS_LABELS, FRESHNESS_STYLES, states, (key) => list({ state: key })),
  share("late", FRESHNESS_LABELS, FRESHNESS_STYLES, states, (key) => list({ state: key })),
  share("fresh", FRESHNESS_LABELS, FRESHNESS_STYLES, states, (key) => list({ state: key })),
])}`;
}

function share<K extends string, L>(
  key: K,
  labels: Readonly<Record<K, string>>,
  styles: Readonly<Record<K, L>>,
  counts: Readonly<Record<K, number>>,
  href: (key: K) => string,
) {
  return { name: labels[key], style: styles[key], count: counts[key], href: href(key) };
}

/** The slider through time; scripts show its time while it moves and go there when it is released. */
function timeForm({ at, nowMs }: Visit): Html {
  const hours = at === undefined ? 0 : Math.round((Date.parse(at) - nowMs) / 3_600_000);
  return html`<form class="time" action="/" data-time>
<label for="back">See the fleet as it was</label>
<input id="back" type="range" name="hours" min="${-24 * TREND_DAYS}" max="0" step="1" value="${Math.max(-24 * TREND_DAYS, hours)}">
<output for="back">${at === undefined ? "now" : `${formatInstant(at, nowMs)} UTC`}</output>
<button>Go there</button>
</form>`;
}

/** Nothing has been heard: what to do next. */
function nobodyYet({ receivesFrom, topicPrefix }: Overview): Html {
  return html`<section class="empty-state first" id="opening" data-live>
<h1>No device has reported yet.</h1>
<p>${
    receivesFrom === null
      ? html`This fleet receives from no broker: start it with <code>packdrift fleet --broker URL</code>.`
      : html`Listening at <code>${receivesFrom}</code> for <code>${topicPrefix}/+/report</code>. This page changes by itself as soon as the first report arrives.`
  }</p>
<h2>What to do next</h2>
<ol>
<li><b>Deploy the component</b> <code>io.packdrift.Monitor</code> to a device. Its first report comes within a minute.</li>
<li><b>Or play a fleet</b> on this machine: <code>packdrift lab --fleet 20</code>.</li>
<li><b>Nothing arrives?</b> On the device, the log of <code>io.packdrift.Monitor</code> says what is wrong; here, <a href="/delivery">Delivery</a> shows messages that were refused, and why.</li>
</ol>
</section>`;
}
