import type { JobThing, JobThingFilter } from "../../state/judged-views.js";
import type { Paged } from "../../state/views.js";
import { devicePath, jobDevicesPath, jobName, jobPath, link } from "../address.js";
import { pager } from "../elements/device-table.js";
import { exportsOf } from "../elements/exports.js";
import { select } from "../elements/filter-form.js";
import { outcomeMark } from "../elements/marks.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import { OUTCOME_LABELS } from "../page-text.js";
import type { Visit } from "../visit.js";

/** Devices of one answer about a job, or of all. */
interface ListedThings {
  readonly job: { readonly project: string; readonly job: string };
  readonly wanted: JobThingFilter;
  readonly things: Paged<JobThing>;
}

/** Which devices can run a job, which cannot, and which could after a change: all of them, by name. */
export function jobDevicesPage({ job, wanted, things }: ListedThings, visit: Visit): PageContent {
  const path = jobDevicesPath(job);
  const { outcome, change } = wanted;
  const main = html`<p class="crumb"><a href="${jobPath(job)}"><bdi>${jobName(job)}</bdi></a></p>
<h1>Devices for this job</h1>
<p class="lead">By today's rules over the facts that devices sent.</p>
<form class="filters" action="${path}" data-submit-on-change>
${select("Devices", "outcome", OUTCOME_LABELS, outcome)}
${change === undefined ? null : html`<input type="hidden" name="change" value="${change}">`}
<button>Show</button>
</form>
${
  change === undefined
    ? null
    : html`<ul class="chips" aria-label="Narrowed to"><li><a href="${link(path, { outcome })}"><span class="hidden">Without </span><bdi>after ${change}</bdi><span aria-hidden="true"> ×</span></a></li></ul>`
}
<section id="devices" data-live>${table(things.items)}${pager(path, visit, things.next, "devices")}</section>
${things.items.length === 0 ? null : exportsOf(`/api${path}`, wanted)}`;
  return { title: `Devices for ${jobName(job)}`, section: "/jobs", main };
}

function table(items: readonly JobThing[]): Html {
  if (items.length === 0) return html`<div class="empty-state calm"><p><b>No device matches.</b></p></div>`;
  return html`<table class="rows" role="table"><caption>Devices by name</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col" aria-sort="ascending">Device</th><th role="columnheader" scope="col">This job</th><th role="columnheader" scope="col">Would run after</th></tr></thead><tbody role="rowgroup">${items.map(row)}</tbody></table>`;
}

function row({ thing, outcome, change }: JobThing): Html {
  return html`<tr role="row" data-key="${thing}"><th role="rowheader" scope="row" class="name"><a href="${devicePath(thing)}"><bdi>${thing}</bdi></a></th><td role="cell" class="model">${outcomeMark(outcome)}</td><td role="cell">${change === null ? html`<span class="nothing">–</span>` : html`<bdi>${change}</bdi>`}</td></tr>`;
}
