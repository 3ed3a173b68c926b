import type { Paged, RequestAnswer, RequestView } from "../../state/views.js";
import { devicePath } from "../address.js";
import { pager } from "../elements/device-table.js";
import { exportsOf } from "../elements/exports.js";
import { clockTime, mark, timeAgo } from "../elements/marks.js";
import { filterWords, requestProgress, requestTitle } from "../elements/requests.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import { capitalized } from "../page-text.js";
import type { Visit } from "../visit.js";

/** The requests that were sent to devices. */
export function requestsPage(page: Paged<RequestView>, visit: Visit): PageContent {
  const main = html`<h1>Requests</h1>
<section id="requests" data-live>${
    page.items.length === 0
      ? html`<div class="empty-state"><p><b>Nothing has been asked of devices yet.</b></p><p>Buttons beside causes and above <a href="/devices">lists of devices</a> request a check, facts or waiting reports.</p></div>`
      : html`<ul class="cards">${page.items.map(
          (request) =>
            html`<li class="card" data-key="${request.id}"><h2>${capitalized(requestTitle(request))}</h2>${about(request, visit)}${requestProgress(request, visit.nowMs)}</li>`,
        )}</ul>`
  }${pager("/requests", visit, page.next, "requests")}${page.items.length === 0 ? null : exportsOf("/api/requests")}</section>`;
  return { title: "Requests", section: "/requests", main };
}

function about({ filter, askedBy, askedAt }: RequestView, { nowMs }: Visit): Html {
  return html`<p class="when"><bdi>${filterWords(filter)}</bdi>, asked by <bdi>${askedBy}</bdi> ${timeAgo(askedAt, nowMs)}</p>`;
}

const STATUS: Readonly<Record<RequestAnswer["status"], Parameters<typeof mark>>> = {
  WAITING: [{ tone: "quiet", icon: "late" }, "waiting"],
  DONE: [{ tone: "good", icon: "runs" }, "answered"],
  FAILED: [{ tone: "bad", icon: "wont" }, "failed"],
  REFUSED: [{ tone: "warn", icon: "untested" }, "refused"],
  SILENT: [{ tone: "quiet", icon: "silent" }, "silent"],
};

/** One request and its outcome on each device. */
export function requestPage(request: RequestView, answers: Paged<RequestAnswer>, visit: Visit): PageContent {
  const main = html`<p class="crumb"><a href="/requests">Requests</a></p>
<h1>${capitalized(requestTitle(request))}</h1>
<section id="progress" data-live>${about(request, visit)}${requestProgress(request, visit.nowMs)}</section>
<section id="answers" data-live><table class="rows answers-table" role="table"><caption>Answers by device</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Device</th><th role="columnheader" scope="col">Outcome</th><th role="columnheader" scope="col">Sent</th><th role="columnheader" scope="col">Answered</th><th role="columnheader" scope="col">Answer</th></tr></thead><tbody role="rowgroup">${answers.items.map(
    (answer) => answerRow(answer, request.command, visit),
  )}</tbody></table>${pager(visit.path, visit, answers.next, "answers")}${exportsOf(`/api/requests/${encodeURIComponent(request.id)}/answers`)}</section>`;
  return { title: requestTitle(request), section: "/requests", main };
}

function answerRow(
  { thing, status, sentAt, answeredAt, answer }: RequestAnswer,
  command: string,
  { nowMs }: Visit,
): Html {
  const dash = html`<span class="nothing">–</span>`;
  const at = (word: string, time: string | null) =>
    time === null ? dash : html`<small class="only-narrow">${word} </small>${clockTime(time, nowMs)}`;
  return html`<tr role="row" data-key="${thing}"><th role="rowheader" scope="row" class="name"><a href="${devicePath(thing)}"><bdi>${thing}</bdi></a></th><td role="cell">${mark(...STATUS[status])}</td><td role="cell">${at("sent", sentAt)}</td><td role="cell">${at("answered", answeredAt)}</td><td role="cell" class="why">${
    answer === null || answer === ""
      ? dash
      : html`${command === "doctor" ? html`<a href="${devicePath(thing)}#doctor">on its page</a> ` : null}<details><summary>show</summary><pre tabindex="0">${answer}</pre></details>`
  }</td></tr>`;
}
