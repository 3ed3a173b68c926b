import type { DeviceItem } from "../../state/views.js";
import { devicePath, link } from "../address.js";
import { type Html, html } from "../html.js";
import { ruleLabel } from "../page-text.js";
import type { Visit } from "../visit.js";
import { icon } from "./icons.js";
import { driftMark, freshnessMark, runnableMark, timeAgo, value } from "./marks.js";

/** Devices in a table that becomes a list on a narrow screen; its ARIA roles keep it a table there. */
export function deviceTable(items: readonly DeviceItem[], visit: Visit, caption: string): Html {
  return html`<table class="rows devices" role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col" aria-sort="ascending">Device</th><th role="columnheader" scope="col">Model</th><th role="columnheader" scope="col">Why</th><th role="columnheader" scope="col">Since</th><th role="columnheader" scope="col">System</th><th role="columnheader" scope="col">Heard</th></tr></thead>
<tbody role="rowgroup">${items.map((item) => deviceRow(item, visit))}</tbody></table>`;
}

function deviceRow(item: DeviceItem, { nowMs, at }: Visit): Html {
  const { thing, drift, runnable, worst, product, jetpack, arch } = item;
  const [system, ...more] = [jetpack === null ? null : `JetPack ${jetpack}`, arch].filter((each) => each !== null);
  return html`<tr role="row" data-key="${thing}">
<th role="rowheader" scope="row" class="name"><a href="${link(devicePath(thing), { at })}"><bdi>${thing}</bdi></a>${product === null ? null : html`<small><bdi>${product}</bdi></small>`}</th>
<td role="cell" class="verdict">${runnable === null ? html`<span class="nothing">no report yet</span>` : runnableMark(runnable)}${
    drift === null || runnable === null ? null : html`<small>${driftMark(drift)}</small>`
  }</td>
<td role="cell" class="why">${
    worst === null
      ? html`<span class="nothing">–</span>`
      : html`<a href="${link("/devices", { cause: worst.cause, at })}">${ruleLabel(worst.rule)}</a> <small>${value(worst.actual)} <span class="versus">instead of</span> ${value(worst.expected, "nothing")}</small>`
  }</td>
<td role="cell" class="since">${item.since === null ? html`<span class="nothing">–</span>` : timeAgo(item.since, nowMs)}</td>
<td role="cell" class="system">${system === undefined ? html`<span class="nothing">–</span>` : html`<bdi>${system}</bdi>`}${more.map((each) => html`<small><bdi>${each}</bdi></small>`)}</td>
<td role="cell" class="heard">${freshnessMark(item.state)}<small>${item.heardAt === null ? null : timeAgo(item.heardAt, nowMs)}${item.online === false ? " · offline" : null}</small></td>
</tr>`;
}

/** Where the rest of a list is. */
export function pager(path: string, visit: Visit, next: string | null, noun: string): Html | null {
  const isFirst = !visit.query.has("after");
  if (next === null && isFirst) return null;
  const rest = new URLSearchParams(visit.query);
  rest.delete("after");
  const same = Object.fromEntries(rest);
  return html`<nav class="pager" aria-label="Pages of the list">${isFirst ? null : html`<a href="${link(path, same)}">First page</a>`}${
    next === null
      ? html`<span>No more ${noun}</span>`
      : html`<a class="next" href="${link(path, same, { after: next })}" rel="next">More ${noun} ${icon("arrow")}</a>`
  }</nav>`;
}
