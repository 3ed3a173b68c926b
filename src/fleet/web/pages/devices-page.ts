import type { Cause, DeviceFilter, DeviceItem, Paged, RequestView } from "../../state/views.js";
import { link } from "../address.js";
import { deviceTable, pager } from "../elements/device-table.js";
import { exportsOf } from "../elements/exports.js";
import { filterChips, filterForm } from "../elements/filter-form.js";
import { askButton, recentRequest, requestProgress } from "../elements/requests.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import { formatNumber, pluralForm, pluralize } from "../page-text.js";
import type { Visit } from "../visit.js";

interface DeviceList {
  readonly filter: DeviceFilter;
  readonly page: Paged<DeviceItem>;
  readonly count: number;
  readonly things: number;
  /** Where the list is of one cause. */
  readonly cause: Cause | null;
  readonly requests: readonly RequestView[];
}

/** The devices that a filter selects, the filter being the address. */
export function devicesPage(list: DeviceList, visit: Visit): PageContent {
  const { filter, page, count, things } = list;
  const isAll = Object.keys(filter).filter((name) => name !== "at").length === 0;
  const main = html`<h1 class="hidden">Devices</h1>
${filterForm(filter)}
<section id="list" data-live>
<div class="list-head"><p class="total"><b>${formatNumber(count)}</b> ${isAll ? pluralForm(count, "device", "devices") : html`of ${pluralize(things, "device")}`}</p>${filterChips(filter, list.cause)}${actions(list, visit)}</div>
${page.items.length === 0 ? nothingFound(isAll, visit) : deviceTable(page.items, visit, "Devices by name")}
${pager("/devices", visit, page.next, "devices")}
</section>
${page.items.length === 0 ? null : exportsOf("/api/devices", filter)}`;
  return { title: "Devices", section: "/devices", main };
}

function actions({ filter, count, requests }: DeviceList, visit: Visit): Html | null {
  const { at: _, ...asked } = filter;
  const running = recentRequest(requests, asked, visit.nowMs);
  const to = { filter: asked, count, anchor: "list" };
  return html`<div class="actions">${running === undefined ? null : requestProgress(running, visit.nowMs)}${askButton(visit, { command: "check", ...to }, "main")}${askButton(visit, { command: "facts", ...to })}${rarelyAsked(to, visit)}</div>`;
}

/** Folded away, so that the list is seen first. */
function rarelyAsked(to: Omit<Parameters<typeof askButton>[1], "command">, visit: Visit): Html | null {
  const buttons = (["flush", "doctor"] as const).map((command) => askButton(visit, { command, ...to }));
  return buttons.includes(null)
    ? null
    : html`<details class="more"><summary>More</summary><div class="actions">${buttons}</div></details>`;
}

function nothingFound(isAll: boolean, { at }: Visit): Html {
  return isAll
    ? html`<div class="empty-state"><p><b>No device has reported yet.</b></p><p>The <a href="${link("/", { at })}">overview</a> says what to do next.</p></div>`
    : html`<div class="empty-state"><p><b>No device matches.</b></p><p>Remove a filter above, or see <a href="${link("/devices", { at })}">all devices</a>.</p></div>`;
}
