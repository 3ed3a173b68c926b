import { type ModelRow, modelRows } from "../../../report/model-table.js";
import type { CompleteReport } from "../../../report/report.js";
import type {
  DeviceView,
  DoctorView,
  FindingView,
  HistoryItem,
  JobState,
  Paged,
  RequestView,
} from "../../state/views.js";
import { devicePath, jobName, jobPath, link } from "../address.js";
import { remedyList, toneOf } from "../elements/cause-card.js";
import { exportsOf } from "../elements/exports.js";
import { driftMark, freshnessMark, runnableMark, severityMark, timeAgo, valuePair } from "../elements/marks.js";
import { askButton, recentRequest, requestProgress } from "../elements/requests.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import { durationSince, ruleLabel } from "../page-text.js";
import type { Visit } from "../visit.js";
import { deviceDelivery } from "./device-delivery.js";
import { doctorSection } from "./device-doctor.js";
import { agentPanel, factsPanel } from "./device-facts.js";
import { historyList } from "./history-list.js";

interface DevicePage {
  readonly device: DeviceView;
  /** The newest complete report of each job, by `project/job`, and its text. */
  readonly reports: ReadonlyMap<string, { readonly report: CompleteReport; readonly text: string }>;
  readonly history: Paged<HistoryItem>;
  readonly requests: readonly RequestView[];
  readonly doctor: DoctorView | null;
}

/** Everything about one device. */
export function devicePage(page: DevicePage, visit: Visit): PageContent {
  const { device, reports } = page;
  const { nowMs } = visit;
  const main = html`<p class="crumb"><a href="${link("/devices", { at: visit.at })}">Devices</a></p>
<section class="device-head" id="head" data-live>
<h1><bdi>${device.thing}</bdi></h1>
<p class="sentence">${deviceSentence(device, shownMs(visit))}</p>
<p class="facts-line">${[device.product, device.jetpack === null ? null : `JetPack ${device.jetpack}`, device.arch]
    .filter((each) => each !== null)
    .map(
      (each) => html`<span><bdi>${each}</bdi></span>`,
    )}<span>${freshnessMark(device.state)} ${device.heardAt === null ? null : html`heard ${timeAgo(device.heardAt, nowMs)}`}</span>${
    device.online === null ? null : html`<span>${device.online ? "online" : "offline"}</span>`
  }</p>
${requestsOf(page, visit)}
</section>
<div class="columns">
<div>
<section id="jobs" data-live>${
    device.states.length === 0
      ? html`<div class="empty-state"><p><b>No report has come from this device.</b></p><p>${device.expected ? "It is expected, by the list of things. " : ""}On the device, the log of <code>io.packdrift.Monitor</code> says what is wrong.</p></div>`
      : device.states.map((state) => jobSection(state, reports.get(jobName(state))?.report ?? null, visit))
  }${device.factsAt === null ? null : html`<p class="all"><a href="${devicePath(device.thing)}/jobs">Which jobs could run on this device?</a></p>`}</section>
${doctorSection(page.doctor, visit)}
<section id="history" data-live aria-labelledby="history-title"><h2 id="history-title">History</h2>${historyList(page.history, visit)}${exportsOf(`/api${devicePath(device.thing)}/history`, visit.at === undefined ? {} : { at: visit.at })}</section>
</div>
<div class="side">
<section class="panel" id="facts" data-live aria-labelledby="facts-title"><h2 id="facts-title">This device</h2>${factsPanel(device, visit)}</section>
<section class="panel" id="agent" data-live aria-labelledby="agent-title"><h2 id="agent-title">Its agent${nowAlone(visit)}</h2>${agentPanel(device)}</section>
<section class="panel" id="delivery" data-live aria-labelledby="delivery-title"><h2 id="delivery-title">Delivery${nowAlone(visit)}</h2>${deviceDelivery(device, visit)}</section>
</div>
</div>
${rawReports(page)}`;
  return { title: device.thing, section: "/devices", main };
}

/** Added on a page about the past to the titles of sections that only show the present. */
const nowAlone = ({ at }: Visit) => (at === undefined ? "" : ", now");

/** The time that is shown: a state has lasted until then. */
const shownMs = ({ at, nowMs }: Visit) => (at === undefined ? nowMs : Date.parse(at));

/** What is wrong, in one sentence. */
function deviceSentence({ runnable, drift, since, worst }: DeviceView, atMs: number): Html {
  if (runnable === null || drift === null) return html`<span class="nothing">No report yet.</span>`;
  const how = since === null ? null : html` for ${durationSince(since, atMs)}`;
  const why =
    worst === null
      ? null
      : html`: ${ruleLabel(worst.rule)} is <b><bdi>${worst.actual ?? "not known"}</bdi></b>, expected <b><bdi>${worst.expected ?? "nothing"}</bdi></b>`;
  return html`${runnableMark(runnable)} ${driftMark(drift)}${how}${why}.`;
}

function requestsOf({ device, requests }: DevicePage, visit: Visit): Html {
  const filter = { thing: device.thing };
  const running = recentRequest(requests, filter, visit.nowMs);
  const to = { filter, count: 1, anchor: "head" };
  return html`<div class="actions">${askButton(visit, { command: "check", ...to }, "main")}${askButton(visit, { command: "facts", ...to })}${askButton(visit, { command: "flush", ...to })}${askButton(visit, { command: "doctor", ...to })}${
    running === undefined ? null : requestProgress(running, visit.nowMs)
  }</div>`;
}

function jobSection(state: JobState, report: CompleteReport | null, visit: Visit): Html {
  const { nowMs, at } = visit;
  const { findings } = state;
  return html`<article class="job" data-key="${jobName(state)}"><header><h2><a href="${link(jobPath(state), { at })}"><bdi>${jobName(state) || "No job"}</bdi></a></h2>${runnableMark(state.runnable)} ${driftMark(state.drift)}<p class="when">for ${durationSince(state.since, shownMs(visit))}, checked ${timeAgo(state.checkedAt, nowMs)}</p></header>
${layersTable(report)}
${findings.length === 0 ? html`<p class="calm-line">Everything matches the job.</p>` : html`<ul class="findings">${findings.map((finding) => findingItem(finding, visit))}</ul>`}
</article>`;
}

const COLUMNS = ["described", "deployed", "built", "loaded", "device"] as const;

/** What was described, deployed, built and loaded, and what the device is, side by side. */
function layersTable(report: CompleteReport | null): Html | null {
  if (report === null) return null;
  const rows = rowsOf(report);
  if (rows.length === 0) return null;
  const columns = COLUMNS.filter((column) => column !== "loaded" || rows.some(({ loaded }) => loaded !== null));
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Described, deployed, built and device"><table class="truths"><caption class="hidden">What is described, deployed, built and on the device; rows that differ are marked</caption><thead><tr><td></td>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr class="${row.differs ? "differs" : ""}"><th scope="row">${row.differs ? html`<span class="sign" aria-label="differs">≠</span>` : null}${row.name}</th>${columns.map((column) => html`<td>${row[column] === null ? html`<span class="nothing">–</span>` : html`<bdi>${row[column]}</bdi>`}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

/** A device's report may contain anything: one that cannot be rendered is still shown raw. */
function rowsOf(report: CompleteReport): readonly ModelRow[] {
  try {
    return modelRows(report);
  } catch {
    return [];
  }
}

function findingItem(finding: FindingView, { nowMs, at }: Visit): Html {
  return html`<li class="finding ${toneOf(finding)}" data-key="${[jobName(finding), finding.rule, finding.path].join(" ")}"><header><h3>${ruleLabel(finding.rule)} <code>${finding.rule}</code></h3>${severityMark(finding.outcome, finding.severity)}</header>
${valuePair(finding.expected, finding.actual)}
<p class="because">${finding.because}.</p>
<p class="when">Since ${timeAgo(finding.since, nowMs)}. <a href="${link(`/causes/${encodeURIComponent(finding.cause)}`, { at })}">Devices with the same cause</a></p>
${finding.remedy.length === 0 ? null : html`<details><summary>Fix</summary>${remedyList(finding.remedy)}</details>`}</li>`;
}

function rawReports({ reports }: DevicePage): Html | null {
  if (reports.size === 0) return null;
  return html`<section class="raw"><h2>As received</h2>${[...reports].map(
    ([name, { report, text }]) =>
      html`<details><summary>Report ${report.sequence} about <bdi>${name || "no job"}</bdi></summary><pre tabindex="0">${indented(text)}</pre></details>`,
  )}</section>`;
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
