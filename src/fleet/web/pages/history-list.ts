import type { HistoryItem, Paged } from "../../state/views.js";
import { devicePath, jobName, link } from "../address.js";
import { deltaWords } from "../elements/cause-card.js";
import { pager } from "../elements/device-table.js";
import { type Icon, icon } from "../elements/icons.js";
import { clockTime, driftMark, runnableMark, value } from "../elements/marks.js";
import { type Html, html } from "../html.js";
import { formatDate, formatTime, ruleLabel } from "../page-text.js";
import type { Visit } from "../visit.js";

/** What happened on a device, newest first, by day. */
export function historyList({ items, next }: Paged<HistoryItem>, visit: Visit): Html {
  if (items.length === 0) return html`<p class="nothing">Nothing has happened yet.</p>`;
  const days = new Map<string, HistoryItem[]>();
  for (const item of items) days.set(formatDate(item.at), [...(days.get(formatDate(item.at)) ?? []), item]);
  return html`${[...days].map(
    ([name, all]) =>
      html`<h3 class="day">${name}</h3><ol class="history">${all.map((item) => historyItem(item, visit))}</ol>`,
  )}${pager(visit.path, visit, next, "of its history")}`;
}

function historyItem(item: HistoryItem, visit: Visit): Html {
  const thing = visit.path;
  const time = html`<time datetime="${item.at}" title="${item.at}">${formatTime(item.at)}</time>`;
  switch (item.kind) {
    case "report": {
      const { report, epoch, sequence } = item;
      const address = link(`${thing}/report`, { epoch, sequence });
      return html`<li class="${report.kind === "HEARTBEAT" ? "faint" : ""}" data-key="${epoch} ${sequence}">${time}<div>${
        report.kind === "HEARTBEAT"
          ? html`Heartbeat <a href="${address}">${sequence}</a>`
          : html`Report <a href="${address}">${sequence}</a>`
      } <small>${triggerWords(report.trigger)}, <bdi>${jobName(report) || "no job"}</bdi></small> ${
        report.kind === "HEARTBEAT"
          ? null
          : html`<span class="verdicts">${runnableMark(report.runnable)} ${driftMark(report.drift)}</span>`
      }</div></li>`;
    }
    case "change":
      return row("change", time, html`<b>The device changed</b>: ${deltaWords(item.delta)}`, "warn");
    default: {
      const { finding } = item;
      const opened = item.kind === "opened";
      return row(
        opened ? "wont" : "runs",
        time,
        html`<b>${ruleLabel(finding.rule)}</b> ${opened ? "differs" : "is resolved"}: ${value(finding.actual)} <span class="versus">instead of</span> ${value(finding.expected, "nothing")}`,
        opened ? "bad" : "good",
      );
    }
  }
}

function row(shape: Icon, time: Html, what: Html, tone: string): Html {
  return html`<li class="${tone}">${time}<div>${icon(shape)} ${what}</div></li>`;
}

/** Why a check was made, in words. */
function triggerWords(trigger: string): string {
  return trigger.toLowerCase().replaceAll("_", " ");
}

/** The page of one report, raw. */
export function reportPage(
  { thing, sequence, text, receivedAt }: { thing: string; sequence: number; text: string; receivedAt: string },
  visit: Visit,
) {
  const main = html`<p class="crumb"><a href="/devices">Devices</a> <a href="${devicePath(thing)}"><bdi>${thing}</bdi></a></p>
<h1>Report ${sequence}</h1><p class="lead">Received ${clockTime(receivedAt, visit.nowMs)}, unchanged.</p>
<pre class="whole" tabindex="0">${text}</pre>`;
  return { title: `Report ${sequence}`, section: "/devices", main };
}
