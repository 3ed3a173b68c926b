import { jobFilter } from "../../state/device-filter.js";
import type { JobItem, JobOutcome, JobView, JudgedGroup } from "../../state/judged-views.js";
import type { Paged } from "../../state/views.js";
import { devicePath, jobDevicesPath, jobName, jobPath, link } from "../address.js";
import { shareBar } from "../elements/bars.js";
import { pager } from "../elements/device-table.js";
import { exportsOf } from "../elements/exports.js";
import { mark, RUNNABLE_STYLES } from "../elements/marks.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import { formatNumber, pluralForm, pluralize, RUNNABLE_LABELS } from "../page-text.js";
import type { Visit } from "../visit.js";

const RUNNABLES = ["WILL_NOT_RUN", "CANNOT_TELL", "RUNNABLE_UNTESTED", "RUNNABLE"] as const;

/** The form that takes a job's description; scripts let a file be dropped on it. */
export function jobDrop(id: string, text = ""): Html {
  return html`<form class="drop" method="post" action="/jobs/try" enctype="multipart/form-data" data-drop>
<p>Paste what <code>DescribeModelPackagingJob</code> answered, or drop the file here: which devices can run it, which cannot, and which would after what change.</p>
<label class="hidden" for="${id}-text">Description of the job</label>
<textarea id="${id}-text" name="description" rows="4" maxlength="60000" spellcheck="false" placeholder="{&quot;ModelPackagingDescription&quot;: …}">${text}</textarea>
<div class="row"><label class="file" for="${id}-file">or a file <input id="${id}-file" type="file" name="file" accept=".json,application/json"></label><button class="main">See who can run it</button></div>
</form>`;
}

/** The jobs that devices report. */
export function jobsPage(page: Paged<JobItem>, visit: Visit): PageContent {
  const main = html`<h1>Jobs</h1>
<div class="columns">
<section id="jobs" data-live>${
    page.items.length === 0
      ? html`<div class="empty-state"><p><b>No device has reported a job yet.</b></p><p>Jobs appear here with the first reports. To try a description before that, paste it here.</p></div>`
      : html`<table class="rows jobs" role="table"><caption>Jobs by name</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Job</th><th role="columnheader" scope="col" class="number">Devices</th>${RUNNABLES.map(
          (key) => html`<th role="columnheader" scope="col" class="number">${RUNNABLE_LABELS[key]}</th>`,
        )}</tr></thead><tbody role="rowgroup">${page.items.map((item) => jobRow(item, visit))}</tbody></table>`
  }${pager("/jobs", visit, page.next, "jobs")}${page.items.length === 0 ? null : exportsOf("/api/jobs", visit.at === undefined ? {} : { at: visit.at })}</section>
<div class="side"><section class="panel" aria-labelledby="drop-title"><h2 id="drop-title">Will a job run here?</h2>${jobDrop("drop")}</section></div>
</div>`;
  return { title: "Jobs", section: "/jobs", main };
}

function jobRow(item: JobItem, { at }: Visit): Html {
  return html`<tr role="row" data-key="${jobName(item)}"><th role="rowheader" scope="row" class="name"><a href="${link(jobPath(item), { at })}"><bdi>${jobName(item) || "no job"}</bdi></a></th><td role="cell" class="number">${formatNumber(item.things)}<small class="only-narrow"> ${pluralForm(item.things, "device", "devices")}</small></td>${RUNNABLES.map(
    (key) =>
      html`<td role="cell" class="number">${
        item.runnable[key] === 0
          ? html`<span class="nothing">0</span>`
          : html`<a href="${link("/devices", { job: jobFilter(item), runnable: key, at })}">${mark(RUNNABLE_STYLES[key], formatNumber(item.runnable[key]))}</a>`
      }<small class="only-narrow"> ${RUNNABLE_LABELS[key]}</small></td>`,
  )}</tr>`;
}

/** One job: what devices report of it, and who could run it. `tried` is the result for an uploaded description. */
export function jobPage(job: JobView, visit: Visit, tried: string | null = null): PageContent {
  const name = jobName(job) || "This job";
  const shares = RUNNABLES.map((key) => ({
    name: RUNNABLE_LABELS[key],
    style: RUNNABLE_STYLES[key],
    count: job.reported[key],
    href: link("/devices", { job: jobFilter(job), runnable: key, at: visit.at }),
  }));
  const reported = shares.reduce((sum, { count }) => sum + count, 0);
  const main = html`<p class="crumb"><a href="${link("/jobs", { at: visit.at })}">Jobs</a></p>
<h1><bdi>${name}</bdi></h1>
<section id="judged" data-live>${visit.at === undefined ? judged(job, tried === null ? jobDevicesPath(job) : null) : null}</section>
${
  reported === 0
    ? null
    : html`<section class="panel" id="reported" data-live><h2>What its devices report</h2>${shareBar("Devices that have it", shares)}</section>`
}
${tried === null ? null : html`<section class="panel"><h2>Try another</h2>${jobDrop("drop", tried)}</section>`}`;
  return { title: name, section: "/jobs", main };
}

/** `devices`: where all of them are listed; null where the description is not stored. */
function judged({ judged: groups }: JobView, devices: string | null): Html {
  if (groups === null) {
    return html`<div class="empty-state"><p><b>Its description is not here, so only reports can tell.</b></p><p>Put the saved answer of DescribeModelPackagingJob into the folder given as <code>--jobs</code>, or <a href="/jobs">paste it</a>.</p></div>`;
  }
  const { can, cannot, unknown, after, withoutFacts } = groups;
  const listOf = (outcome: JobOutcome, change?: string) =>
    devices === null ? null : link(devices, { outcome, ...(change !== undefined && { change }) });
  return html`<p class="lead">By today's rules over the facts that devices sent.${withoutFacts > 0 ? html` ${more(pluralize(withoutFacts, "device"), listOf("NO_FACTS"))} sent none yet.` : null}</p>
<div class="answers">
${answer("good", "Can run it", can, listOf("CAN"))}
${answer("bad", "Cannot run it", cannot, listOf("CANNOT"))}
${unknown.things > 0 ? answer("unsure", "Cannot tell", unknown, listOf("UNKNOWN")) : null}
</div>
${devices === null ? null : exportsOf(`/api${devices}`)}
${
  after.length === 0
    ? null
    : html`<h2>Would run it after a change</h2><ul class="afters">${after.map(
        (group) =>
          html`<li><p><b>${formatNumber(group.things)}</b> ${pluralForm(group.things, "device", "devices")} after <q>${group.change}</q></p>${names(group, listOf("CANNOT", group.change))}</li>`,
      )}</ul>`
}`;
}

type Tone = "good" | "bad" | "unsure" | "quiet";

/** How many, and the first of them; `list` is where all of them are. */
export function answer(tone: Tone, title: string, group: JudgedGroup, list: string | null = null): Html {
  return html`<section class="answer ${tone}"><h2>${title}</h2><p class="big">${formatNumber(group.things)}</p>${names(group, list)}</section>`;
}

export function names({ first, things }: JudgedGroup, list: string | null = null): Html | null {
  if (first.length === 0) return null;
  const rest = things - first.length;
  return html`<p class="first">${first.map((thing) => html`<a href="${devicePath(thing)}"><bdi>${thing}</bdi></a> `)}${
    rest > 0 ? more(`and ${formatNumber(rest)} more`, list) : null
  }</p>`;
}

function more(text: string, list: string | null): Html {
  return list === null ? html`<span class="more">${text}</span>` : html`<a class="more" href="${list}">${text}</a>`;
}
