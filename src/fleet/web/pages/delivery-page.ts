import type { ReceiverStatus } from "../../alarms/fleet-metrics.js";
import type { RefusalReason } from "../../arrival.js";
import type { RefusedMessage } from "../../state/refused-message.js";
import type { DeliveryCounts, GapView, Paged, RefusedMessages } from "../../state/views.js";
import { devicePath } from "../address.js";
import { pager } from "../elements/device-table.js";
import { exportsOf } from "../elements/exports.js";
import { clockTime, timeAgo } from "../elements/marks.js";
import { STUCK } from "../elements/receiver-trouble.js";
import { refusedTable } from "../elements/refused-table.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import { formatNumber, pluralForm, pluralize } from "../page-text.js";
import { deliverySentence } from "../sentence.js";
import type { Visit } from "../visit.js";
import { gapKey, giveUpForm, rangeWords } from "./device-delivery.js";

/** The proof of delivery: what became of every sequence that devices made. */
export function deliveryPage(
  {
    delivery,
    gaps,
    refused,
    receiver,
  }: {
    readonly delivery: DeliveryCounts;
    readonly gaps: Paged<GapView>;
    readonly refused: readonly RefusedMessage[];
    readonly receiver: ReceiverStatus;
  },
  visit: Visit,
): PageContent {
  const main = html`<section id="sentence" data-live><h1 class="sentence">${deliverySentence({ delivery })}</h1>
<p class="lead">Devices number their reports. A number is stored, named lost by its device, given up by a person, or missing; nothing is acknowledged before it is stored.</p>
${numbers(delivery)}</section>
<section id="receiver" data-live aria-labelledby="receiver-title"><h2 id="receiver-title">Receiver</h2>${receiving(receiver, visit)}</section>
<section id="gaps" data-live aria-labelledby="gaps-title"><h2 id="gaps-title">Missing</h2>${gapTable(gaps, visit)}</section>
<section id="refused" data-live aria-labelledby="refused-title"><h2 id="refused-title">Refused messages</h2>${refusedList(delivery.refused, refused, visit)}</section>`;
  return { title: "Delivery", section: "/delivery", main };
}

function numbers(delivery: DeliveryCounts): Html {
  const all: readonly (readonly [string, number, string])[] = [
    ["Reports", delivery.reports, "complete ones, stored"],
    ["Heartbeats", delivery.heartbeats, "stored: nothing had changed"],
    ["Missing", delivery.missing, "before later ones, and not named lost"],
    ["Named lost", delivery.named, "reported lost by their devices"],
    ["Given up", delivery.givenUp, "by a person"],
    ["Duplicates", delivery.duplicates, "sent again, stored once"],
    ["Conflicts", delivery.conflicts, "two different reports with one number: investigate these"],
  ];
  return html`<dl class="numbers">${all.map(
    ([name, count, note]) =>
      html`<div class="${(name === "Missing" || name === "Conflicts") && count > 0 ? "bad" : ""}"><dt>${name}</dt><dd><b>${formatNumber(count)}</b><small>${note}</small></dd></div>`,
  )}</dl>`;
}

function receiving(receiver: ReceiverStatus, { nowMs }: Visit): Html {
  const { connected, since, queued, lagSeconds, deferred, stuck } = receiver;
  if (connected === null) return html`<p>This process receives from no broker.</p>`;
  const waiting =
    queued === 0
      ? "Everything received is stored."
      : `${pluralize(queued, "message")} ${pluralForm(queued, "waits", "wait")} to be stored, the oldest for ${pluralize(Math.round(lagSeconds), "second")}.`;
  const left =
    deferred === 0
      ? null
      : html`<p>${pluralize(deferred, "message")} ${pluralForm(deferred, "was", "were")} left to the broker, because too many waited. It delivers them again; none is lost.</p>`;
  const trouble = stuck ? html`<p class="bad"><b>${STUCK}</b></p>` : null;
  return html`${trouble}<p>${connected ? "Connected" : "Not connected"} since ${clockTime(since, nowMs)}. ${waiting}</p>${left}`;
}

function gapTable({ items, next }: Paged<GapView>, visit: Visit): Html {
  if (items.length === 0)
    return html`<div class="empty-state calm"><p><b>Nothing is missing.</b></p><p>A gap appears here when a later report arrives first. Most close by themselves within minutes, when the device sends again.</p></div>`;
  return html`<table class="rows gaps" role="table"><caption>Gaps, those of devices heard longest ago first</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Device</th><th role="columnheader" scope="col">Missing</th><th role="columnheader" scope="col">Epoch</th><th role="columnheader" scope="col">Heard</th><th role="columnheader" scope="col"><span class="hidden">Action</span></th></tr></thead><tbody role="rowgroup">${items.map(
    (gap, at) =>
      html`<tr role="row" data-key="${gapKey(gap)}"><th role="rowheader" scope="row" class="name"><a href="${devicePath(gap.thing)}"><bdi>${gap.thing}</bdi></a></th><td role="cell">${rangeWords(gap)}</td><td role="cell"><code>${gap.epoch}</code></td><td role="cell">${timeAgo(gap.heardAt, visit.nowMs)}</td><td role="cell">${isFirst(gap, items[at - 1]) ? giveUpForm(gap, visit) : null}</td></tr>`,
  )}</tbody></table>${pager("/delivery", visit, next, "gaps")}${exportsOf("/api/gaps")}`;
}

/** The gaps of an epoch can only be given up in order. */
function isFirst({ thing, epoch }: GapView, before: GapView | undefined): boolean {
  return before?.thing !== thing || before.epoch !== epoch;
}

const REASONS: Readonly<Record<RefusalReason, string>> = {
  topic: "On an unknown topic",
  "too-large": "Too large",
  "not-json": "Not JSON",
  "not-a-report": "Not a report",
  "other-thing": "Names a different thing than its topic",
  signature: "Signature missing or wrong",
  "not-facts": "Not facts",
  "not-a-status": "Not a status",
  "not-an-answer": "Not an answer",
  "too-many-gaps": "Comes after too many gaps",
  conflict: "Contradicts a stored report",
  chain: "Does not continue the report before it",
};
const reasonWords: Readonly<Record<string, string>> = REASONS;

function refusedList(reasons: readonly RefusedMessages[], last: readonly RefusedMessage[], { nowMs }: Visit): Html {
  if (reasons.length === 0) return html`<p class="nothing">None.</p>`;
  return html`<ul class="cards">${reasons.map(
    ({ reason, count, lastAt, topic, why, sample }) =>
      html`<li class="card" data-key="${reason}"><h3>${reasonWords[reason] ?? reason} <b class="badge">${formatNumber(count)}</b></h3><p>${why}</p><p class="when">Last ${timeAgo(lastAt, nowMs)} on <code>${topic}</code></p><details><summary>Its beginning</summary><pre tabindex="0">${sample}</pre></details>${refusedTable(
        last.filter((message) => message.reason === reason),
        nowMs,
      )}</li>`,
  )}</ul><p class="note">The last 20 messages refused for each reason are kept, each with its first kB.</p>${exportsOf("/api/refused", {}, "the reasons")}${exportsOf("/api/refused/messages", {}, "the messages")}`;
}
