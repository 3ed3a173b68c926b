import type { ReceiverStatus } from "../../alarms/fleet-metrics.js";
import { type Html, html } from "../html.js";
import { pluralForm, pluralize } from "../page-text.js";
import type { Visit } from "../visit.js";
import { icon } from "./icons.js";
import { clockTime } from "./marks.js";

export const STUCK =
  "Nothing can be stored now, and nothing is acknowledged until it can: devices keep their reports. The log of the fleet says why.";

/** A banner while nothing is stored or received; empty while all is well, for pages that follow, and for the past. */
export function receiverTrouble(receiver: ReceiverStatus, { at, nowMs }: Visit): Html {
  const words = at === undefined ? troubleWords(receiver, nowMs) : null;
  return html`<div class="trouble" id="receiver" data-live role="status">${words === null ? null : html`${icon("wont")}<span>${words}</span><a href="/delivery#receiver">Receiver</a>`}</div>`;
}

function troubleWords({ connected, since, queued, stuck }: ReceiverStatus, nowMs: number): Html | null {
  if (stuck) return html`<b>${STUCK}</b> ${pluralize(queued, "message")} ${pluralForm(queued, "waits", "wait")}.`;
  if (connected !== false) return null;
  return html`<b>Not connected to the broker</b> since ${clockTime(since, nowMs)}. Nothing is received.`;
}
