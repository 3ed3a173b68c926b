import type { DeviceJob } from "../../state/judged-views.js";
import type { Paged } from "../../state/views.js";
import { devicePath, jobName, jobPath } from "../address.js";
import { pager } from "../elements/device-table.js";
import { exportsOf } from "../elements/exports.js";
import { runnableMark, value } from "../elements/marks.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import { ruleLabel } from "../page-text.js";
import type { Visit } from "../visit.js";

/** Which of the described jobs a device could run; null: its facts are not here. */
export function deviceJobsPage(thing: string, jobs: Paged<DeviceJob> | null, visit: Visit): PageContent {
  const path = `${devicePath(thing)}/jobs`;
  const main = html`<p class="crumb"><a href="${devicePath(thing)}"><bdi>${thing}</bdi></a></p>
<h1>Jobs that could run here</h1>
<p class="lead">The jobs of <code>--jobs</code>, by today's rules over the facts that this device sent.</p>
<section id="jobs" data-live>${listed(jobs)}${jobs === null ? null : pager(path, visit, jobs.next, "jobs")}</section>
${jobs === null || jobs.items.length === 0 ? null : exportsOf(`/api${path}`)}`;
  return { title: `Jobs for ${thing}`, section: "/devices", main };
}

function listed(jobs: Paged<DeviceJob> | null): Html {
  if (jobs === null)
    return html`<div class="empty-state"><p><b>This device has sent no facts yet.</b></p><p>It is asked for them by itself, or by the button on its page.</p></div>`;
  if (jobs.items.length === 0)
    return html`<div class="empty-state"><p><b>No job's description is here.</b></p><p>Start the fleet with <code>--jobs DIR</code>, or <a href="/jobs">paste one</a>.</p></div>`;
  return html`<table class="rows" role="table"><caption>Jobs by name</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Job</th><th role="columnheader" scope="col">Model</th><th role="columnheader" scope="col">Why</th><th role="columnheader" scope="col">Would run after</th></tr></thead><tbody role="rowgroup">${jobs.items.map(jobRow)}</tbody></table>`;
}

function jobRow(item: DeviceJob): Html {
  const { rule, expected, actual, change } = item;
  const dash = html`<span class="nothing">–</span>`;
  const why =
    rule === null
      ? dash
      : html`${ruleLabel(rule)} <small>${value(actual)} <span class="versus">instead of</span> ${value(expected, "nothing")}</small>`;
  return html`<tr role="row" data-key="${jobName(item)}"><th role="rowheader" scope="row" class="name"><a href="${jobPath(item)}"><bdi>${jobName(item)}</bdi></a></th><td role="cell" class="model">${runnableMark(item.runnable)}</td><td role="cell" class="why">${why}</td><td role="cell">${change === null ? dash : html`<bdi>${change}</bdi>`}</td></tr>`;
}
