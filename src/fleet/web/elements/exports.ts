import type { JobThingFilter, WhatIfChange } from "../../state/judged-views.js";
import type { DeviceFilter } from "../../state/views.js";
import { link } from "../address.js";
import { type Html, html } from "../html.js";

/** The same list for spreadsheets and programs; `what` distinguishes it from other lists on the page. */
export function exportsOf(
  path: string,
  filter: DeviceFilter | (DeviceFilter & WhatIfChange) | JobThingFilter = {},
  what = "this list",
): Html {
  return html`<p class="exports">Export ${what}: <a href="${link(`${path}.csv`, filter)}">CSV</a> <a href="${link(`${path}.ndjson`, filter)}">NDJSON</a> <a href="${link(path, filter)}">JSON</a></p>`;
}
