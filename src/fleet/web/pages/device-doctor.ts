import type { DoctorLineView, DoctorView } from "../../state/views.js";
import { type MarkStyle, mark, timeAgo } from "../elements/marks.js";
import { type Html, html } from "../html.js";
import { pluralize } from "../page-text.js";
import type { Visit } from "../visit.js";

/** What the device's doctor has found, and what to do about it; empty if it has never answered. */
export function doctorSection(doctor: DoctorView | null, { nowMs }: Visit): Html | null {
  if (doctor === null) return html`<section id="doctor" data-live></section>`;
  const { lines, ok, leftOut, version, askedBy, answeredAt } = doctor;
  return html`<section id="doctor" data-live aria-labelledby="doctor-title"><article class="job"><header><h2 id="doctor-title">Doctor</h2><b>${doctorSentence(doctor)}</b><p class="when">answered ${timeAgo(answeredAt, nowMs)}, asked by <bdi>${askedBy}</bdi>${version === null ? null : html`, packdrift <bdi>${version}</bdi>`}</p></header>
${lines.length === 0 ? null : html`<ul class="findings">${lines.map(lineItem)}</ul>`}
${ok.length === 0 ? null : html`<details><summary>${pluralize(ok.length, "thing")} well</summary><ul class="problems">${ok.map((each) => html`<li><bdi>${each}</bdi></li>`)}</ul></details>`}
${leftOut === null ? null : html`<p class="note">Left out: <bdi>${leftOut}</bdi></p>`}</article></section>`;
}

/** The answer in a sentence. */
function doctorSentence({ status, why, well, lines }: DoctorView): string {
  if (status === "FAILED") return `The doctor could not be run: ${why ?? "no reason is given"}.`;
  if (status === "REFUSED") return `The device refused: ${why ?? "no reason is given"}.`;
  const problems = lines.filter(({ state }) => state === "PROBLEM").length;
  if (problems > 0) return `${pluralize(problems, "thing")} to do.`;
  return well === true ? "Nothing to do." : "The answer contains no results.";
}

const STYLES: Readonly<Record<DoctorLineView["state"], readonly [MarkStyle, string]>> = {
  PROBLEM: [{ tone: "bad", icon: "wont" }, "to do"],
  NOTE: [{ tone: "warn", icon: "untested" }, "worth knowing"],
  NOT_TRIED: [{ tone: "quiet", icon: "never" }, "not tried"],
};

function lineItem({ id, state, tried, found, fix }: DoctorLineView): Html {
  const [style, label] = STYLES[state];
  return html`<li class="finding ${style.tone}"><header><h3><bdi>${tried}</bdi> <code><bdi>${id}</bdi></code></h3>${mark(style, label)}</header>
<p class="because"><bdi>${found}</bdi></p>${fix === null ? null : html`<p><b>Fix:</b> <bdi>${fix}</bdi></p>`}</li>`;
}
