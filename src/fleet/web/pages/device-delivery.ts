import type { DeviceView, EpochView, GapView } from "../../state/views.js";
import { devicePath, link } from "../address.js";
import { timeAgo } from "../elements/marks.js";
import { type Html, html } from "../html.js";
import { formatNumber, pluralForm, pluralize } from "../page-text.js";
import { currentAddress, mayAsk, type Visit } from "../visit.js";

/** Which sequences of each epoch are stored, and which are missing. */
export function deviceDelivery(device: DeviceView, visit: Visit): Html {
  if (device.epochs.length === 0) return html`<p class="nothing">Nothing has arrived yet.</p>`;
  return html`${chain(device, visit)}<ol class="epochs">${device.epochs.map((epoch) => epochItem(device.thing, epoch, visit))}</ol>`;
}

const MOST_SHOWN = 20;

/** Where its reports do not continue each other. */
function chain({ thing, chainFaults }: DeviceView, { nowMs }: Visit): Html | null {
  const count = chainFaults.length;
  if (count === 0) return null;
  const more = count > MOST_SHOWN ? html`<li>and ${formatNumber(count - MOST_SHOWN)} older ones</li>` : null;
  return html`<div class="chain"><p><b>${pluralize(count, "report")} ${pluralForm(count, "does", "do")} not continue the report before</b>: a seal differs, so one of the two was changed after the device made it.</p><ul class="ranges">${chainFaults
    .slice(0, MOST_SHOWN)
    .map(
      ({ epoch, sequence, receivedAt }) =>
        html`<li><a href="${link(`${devicePath(thing)}/report`, { epoch, sequence })}"><code>${epoch}.${sequence}</code></a>, arrived ${timeAgo(receivedAt, nowMs)}</li>`,
    )}${more}</ul></div>`;
}

function epochItem(thing: string, epoch: EpochView, visit: Visit): Html {
  const { first, contiguous, acked, missing, lost, heardAt } = epoch;
  const whole = missing.length === 0;
  return html`<li class="epoch ${whole ? "whole" : "gaps"}" data-key="${epoch.epoch}"><p><b>${
    whole ? "All stored or named" : "Some are missing"
  }</b> from ${formatNumber(first)} to ${formatNumber(contiguous)}, acknowledged to ${formatNumber(acked)}</p>
<p class="when">epoch <code>${epoch.epoch}</code>, heard ${timeAgo(heardAt, visit.nowMs)}</p>
${missing.length === 0 ? null : html`<ul class="ranges">${missing.map((range, at) => gapItem({ thing, epoch: epoch.epoch, ...range }, at === 0 && isSettled(epoch), visit))}</ul>`}
${
  lost.length === 0
    ? null
    : html`<details><summary>${formatNumber(lost.reduce((sum, { count }) => sum + count, 0))} lost</summary><ul class="ranges">${lost.map(
        (range) =>
          html`<li>${rangeWords(range)}: ${formatNumber(range.count)} ${range.givenUpBy === null ? "named by the device" : html`given up by <bdi>${range.givenUpBy}</bdi>`}</li>`,
      )}</ul></details>`
}</li>`;
}

/** Until an epoch's beginning is known, nothing of it counts as contiguous. */
function isSettled({ first, contiguous }: EpochView): boolean {
  return contiguous >= first || first === 1;
}

/** The gaps of an epoch can only be given up in order. */
function gapItem(gap: Gap, canGiveUp: boolean, visit: Visit): Html {
  return html`<li data-key="${gapKey(gap)}">${rangeWords(gap)} ${gap.to > gap.from ? "are" : "is"} missing ${canGiveUp ? giveUpForm(gap, visit) : null}</li>`;
}

type Gap = Omit<GapView, "heardAt">;

/** The same for one gap wherever its row moves. */
export function gapKey({ thing, epoch, from, to }: Gap): string {
  return [thing, epoch, from, to].join(" ");
}

/** `7`, `7 to 12` */
export function rangeWords({ from, to }: { readonly from: number; readonly to: number }): string {
  return from === to ? formatNumber(from) : `${formatNumber(from)} to ${formatNumber(to)}`;
}

/** The form that gives a gap up, with what that means; empty without the role for it. */
export function giveUpForm(gap: Gap, visit: Visit): Html | null {
  if (!mayAsk(visit)) return null;
  return html`<details class="give-up"><summary>Give up…</summary><form method="post" action="/delivery/give-up"><input type="hidden" name="back" value="${currentAddress(visit)}"><input type="hidden" name="thing" value="${gap.thing}"><input type="hidden" name="epoch" value="${gap.epoch}"><input type="hidden" name="from" value="${gap.from}"><input type="hidden" name="to" value="${gap.to}"><p>The device then discards them: if it still holds them, they are lost for good. Your name is recorded.</p><button class="danger">Give up ${rangeWords(gap)}</button></form></details>`;
}
