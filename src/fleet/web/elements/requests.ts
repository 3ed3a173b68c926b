import type { DeviceFilter, RequestView } from "../../state/views.js";
import { type Html, html } from "../html.js";
import { formatNumber, pluralize } from "../page-text.js";
import type { DeviceCommand } from "../ports.js";
import { currentAddress, mayAsk, type Visit } from "../visit.js";
import { progressBar } from "./bars.js";

/** The text of a button that sends a command to this many devices. */
const BUTTONS: Readonly<Record<DeviceCommand, (count: number) => string>> = {
  check: (count) => (count === 1 ? "Check it now" : `Check these ${formatNumber(count)} now`),
  facts: (count) => (count === 1 ? "Ask for its facts" : `Ask these ${formatNumber(count)} for facts`),
  flush: (count) =>
    count === 1 ? "Send its waiting reports" : `Send the waiting reports of these ${formatNumber(count)}`,
  doctor: (count) => (count === 1 ? "Run its doctor" : `Run the doctor on these ${formatNumber(count)}`),
};

/** A button that sends a request to devices; empty without the role for it. `anchor` is where the page shows the progress. */
export function askButton(
  visit: Visit,
  { command, filter, count, anchor }: { command: DeviceCommand; filter: DeviceFilter; count: number; anchor: string },
  tone = "",
): Html | null {
  if (!mayAsk(visit) || count === 0) return null;
  return html`<form class="ask" method="post" action="/requests"><input type="hidden" name="command" value="${command}"><input type="hidden" name="back" value="${currentAddress(visit)}#${anchor}">${filterFields(filter)}<button class="${tone}">${BUTTONS[command](count)}</button></form>`;
}

/** A filter as hidden fields. */
export function filterFields(filter: DeviceFilter): readonly Html[] {
  return Object.entries(filter).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
}

/** The progress of a request: "asked 12, answered 9, silent 3". */
export function requestProgress(request: RequestView, nowMs: number): Html {
  const { asked, answered, failed, silent, waiting, id } = request;
  const counts = [
    `asked ${formatNumber(asked)}`,
    `answered ${formatNumber(answered)}`,
    failed > 0 && `failed ${formatNumber(failed)}`,
    silent > 0 && `silent ${formatNumber(silent)}`,
    waiting > 0 && `waiting for ${formatNumber(waiting)}`,
  ].filter((each) => each !== false);
  const bar = progressBar(
    [
      ["good", answered],
      ["bad", failed],
      ["quiet", silent],
    ],
    asked,
  );
  const isDone = waiting === 0;
  return html`<div class="progress ${isDone ? "done" : ""}" role="status"><p><a href="/requests/${encodeURIComponent(id)}">${isDone ? "Request" : "Asking"}</a>: ${counts.join(", ")}${
    isDone && nowMs - Date.parse(request.askedAt) > 0 ? "" : "…"
  }</p>${bar}</div>`;
}

const RECENT_MS = 15 * 60_000;

/** The newest request of the last quarter of an hour that went to exactly this filter. */
export function recentRequest(
  requests: readonly RequestView[],
  filter: DeviceFilter,
  nowMs: number,
): RequestView | undefined {
  const key = keyOf(filter);
  return requests.find((each) => keyOf(each.filter) === key && nowMs - Date.parse(each.askedAt) < RECENT_MS);
}

function keyOf(filter: DeviceFilter): string {
  return JSON.stringify(Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The filter in words, for a list of requests. */
export function filterWords(filter: DeviceFilter): string {
  const parts = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  return parts.length === 0 ? "all devices" : parts.join(", ");
}

/** `12 devices` with the command, for a heading. */
export function requestTitle({ command, asked }: RequestView): string {
  return `${command}: ${pluralize(asked, "device")}`;
}
