import type { Cause, DeviceItem, Paged, RequestView } from "../../state/views.js";
import { link } from "../address.js";
import { causeCard } from "../elements/cause-card.js";
import { deviceTable, pager } from "../elements/device-table.js";
import { exportsOf } from "../elements/exports.js";
import { html } from "../html.js";
import type { PageContent } from "../layout.js";
import { pluralize } from "../page-text.js";
import type { Visit } from "../visit.js";

/** Every cause, most severe first. */
export function causesPage(
  { page, requests }: { readonly page: Paged<Cause>; readonly requests: readonly RequestView[] },
  visit: Visit,
): PageContent {
  const filter = visit.at === undefined ? {} : { at: visit.at };
  const main = html`<h1>Causes</h1>
<p class="lead">What differs on devices, each difference listed once, the most severe first.</p>
<section class="causes" id="causes" data-live>${
    page.items.length === 0
      ? html`<div class="empty-state calm"><p><b>Nothing differs from its description.</b></p><p>When a device drifts, its cause appears here with both values, since when, and the fix.</p></div>`
      : page.items.map((cause) => causeCard(cause, visit, requests, "h2"))
  }
${pager("/causes", visit, page.next, "causes")}</section>
${page.items.length === 0 ? null : exportsOf("/api/causes", filter)}`;
  return { title: "Causes", section: "/causes", main };
}

/** One cause and all of its devices. */
export function causePage(
  {
    cause,
    page,
    requests,
  }: { readonly cause: Cause; readonly page: Paged<DeviceItem>; readonly requests: readonly RequestView[] },
  visit: Visit,
): PageContent {
  const filter = { cause: cause.cause, ...(visit.at !== undefined && { at: visit.at }) };
  const main = html`<h1 class="hidden">Cause</h1>
<section class="causes unabridged" id="causes" data-live>${causeCard(cause, visit, requests, "h2")}</section>
<section id="list" data-live><h2>${pluralize(cause.things, "device")}</h2>${deviceTable(page.items, visit, "Devices by name")}
${page.next === null ? null : html`<p class="all"><a href="${link("/devices", filter)}">All of them</a></p>`}</section>
${exportsOf("/api/devices", filter)}`;
  return { title: "Cause", section: "/causes", main };
}
