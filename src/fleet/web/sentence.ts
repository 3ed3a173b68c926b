import type { Summary } from "../state/views.js";
import { link } from "./address.js";
import { type Html, html } from "./html.js";
import { formatNumber, joinWithAnd, pluralForm, pluralize } from "./page-text.js";

/** The whole fleet in one sentence, its numbers linked to the devices that they count. */
export function fleetSentence({ things, wontRun, runnable, drift, states }: Summary, at: string | undefined): Html {
  const to = (filter: Readonly<Record<string, string>>, text: string) =>
    html`<a href="${link("/devices", filter, { at })}">${text}</a>`;
  const silent = states.silent;
  const quiet =
    silent === 0
      ? null
      : html`${to({ state: "silent" }, formatNumber(silent))} ${pluralForm(silent, "is", "are")} silent`;
  if (wontRun.things > 0) {
    const shared =
      wontRun.causes === 0 || wontRun.covered === 0
        ? null
        : sharedCauses(wontRun.things, wontRun.covered, wontRun.causes);
    return joined([
      html`${to({ runnable: "WILL_NOT_RUN" }, pluralize(wontRun.things, "device"))} will not run`,
      shared,
      quiet,
    ]);
  }
  const unsure = runnable.CANNOT_TELL;
  const cannotTell =
    unsure === 0
      ? null
      : html`${to({ runnable: "CANNOT_TELL" }, pluralize(unsure, "device"))} cannot tell whether ${pluralForm(unsure, "its model runs", "their models run")}`;
  if (drift.DRIFTED > 0) {
    const drifted = html`${to({ drift: "DRIFTED" }, pluralize(drift.DRIFTED, "device"))} ${pluralForm(drift.DRIFTED, "has", "have")} drifted`;
    const runs = html`${drifted}, but ${pluralForm(drift.DRIFTED, "its model runs", "their models run")}`;
    return joined(cannotTell === null ? [runs, quiet] : [drifted, cannotTell, quiet]);
  }
  if (things === states.never) return html`${pluralize(things, "expected device")}, and none has reported yet.`;
  const unreported = things - withVerdict(runnable);
  if (unreported === things) {
    const none = html`None of the ${pluralize(things, "device")} here has reported yet`;
    return joined([things === 1 ? html`The one device here has not reported yet` : none, quiet]);
  }
  const waiting =
    unreported === 0
      ? null
      : html`${formatNumber(unreported)} ${pluralForm(unreported, "has", "have")} not reported yet`;
  if (cannotTell !== null) return joined([html`Nothing is known to be wrong, but ${cannotTell}`, waiting, quiet]);
  // A silent device's last verdict does not count as healthy. Of those heard without a verdict, some may be silent too.
  const reporting = things - unreported - silent;
  const isExact = silent === 0 || unreported <= states.never;
  if (reporting <= 0) return joined([html`Nothing is known to be wrong`, waiting, quiet]);
  const one =
    things === 1 ? html`The one device here runs its model` : html`The one device that reports runs its model`;
  const all = reporting === things ? pluralize(things, "device") : `${pluralize(reporting, "device")} that report`;
  if (!isExact) return joined([html`All devices that report run their models`, waiting, quiet]);
  return joined([reporting === 1 ? one : html`All ${all} run their models`, waiting, quiet]);
}

/** How many things have a verdict: others may only have published that they are online. */
export function withVerdict(runnable: Summary["runnable"]): number {
  return Object.values(runnable).reduce((sum, things) => sum + things, 0);
}

function sharedCauses(things: number, covered: number, causes: number): Html {
  const many = pluralize(causes, "cause");
  if (things === 1) return html`there ${pluralForm(causes, "is 1 cause", `are ${causes} causes`)}`;
  if (covered === things) return causes === 1 ? html`all share one cause` : html`all share ${many}`;
  return causes === 1 ? html`${formatNumber(covered)} share one cause` : html`${formatNumber(covered)} share ${many}`;
}

function joined(parts: readonly (Html | null)[]): Html {
  const present = parts.filter((part) => part !== null);
  return html`${present.map((part, at) => html`${at === 0 ? "" : "; "}${part}`)}.`;
}

/** The state of delivery, in one sentence. */
export function deliverySentence({ delivery }: Pick<Summary, "delivery">): string {
  const { reports, heartbeats, missing, named, givenUp } = delivery;
  if (reports + heartbeats === 0) return "No report has arrived yet.";
  const lost = [
    named > 0 && `${formatNumber(named)} named lost by devices`,
    givenUp > 0 && `${formatNumber(givenUp)} given up`,
  ].filter((each) => each !== false);
  const all = pluralize(reports + heartbeats, "report");
  if (missing > 0) return `${joinWithAnd([`${all} stored`, ...lost, `${formatNumber(missing)} missing`])}.`;
  return `${all}: all stored${lost.length > 0 ? ` or named (${joinWithAnd(lost)})` : " or named"}, 0 missing.`;
}
