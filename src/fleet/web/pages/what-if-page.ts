import type { Rejudged, WhatIf, WhatIfChange } from "../../state/judged-views.js";
import type { DeviceFilter } from "../../state/views.js";
import { link } from "../address.js";
import { exportsOf } from "../elements/exports.js";
import { runnableMark, valuePair } from "../elements/marks.js";
import { filterFields } from "../elements/requests.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import { formatNumber, joinWithAnd, pluralForm, pluralize, propertyLabel, ruleLabel } from "../page-text.js";
import { answer, names } from "./jobs-page.js";

interface WhatIfParts {
  readonly change: WhatIfChange;
  readonly filter: DeviceFilter;
  readonly result: WhatIf | null;
  /** Why there is no result. */
  readonly problem: string | null;
  readonly rejudged: Rejudged | null;
}

const FIELDS: readonly (readonly [name: keyof WhatIfChange, label: string, example: string])[] = [
  ["jetpack", "JetPack", "5.1.2"],
  ["driver", "Driver", "535.129.03"],
  ["cuda", "CUDA", "11.4"],
  ["tensorrt", "TensorRT", "8.5.2"],
];

/** What a change of versions would do to a group of devices. */
export function whatIfPage(supposed: WhatIfParts): PageContent {
  const { change, filter, result, problem, rejudged } = supposed;
  const { q, job, ...others } = filter;
  const main = html`<h1>What if devices changed?</h1>
<p class="lead">The rules over every device's facts, with these versions in place of its own. Nothing is changed, nothing is sent.</p>
<form class="filters what-if" action="/what-if">
${FIELDS.map(
  ([name, label, example]) =>
    html`<label>${label}<input name="${name}" value="${change[name] ?? ""}" placeholder="${example}" maxlength="40" autocomplete="off" inputmode="decimal"></label>`,
)}
<label class="wide">On devices whose name or product contains<input type="search" name="q" value="${q ?? ""}" maxlength="200" placeholder="all devices" autocomplete="off" spellcheck="false"></label>
<label>Job<input name="job" value="${job ?? ""}" maxlength="512" placeholder="any" autocomplete="off" spellcheck="false"></label>
${filterFields(others)}<button class="main">What happens?</button>
</form>
${problem === null ? null : html`<p class="problem" role="alert">${problem}</p>`}
<section id="result">${result === null ? (problem === null ? suggestion() : null) : outcome(result, filter)}</section>
${rejudged === null ? null : today(rejudged, filter)}`;
  return { title: "What if", section: "/what-if", main };
}

function suggestion(): Html {
  return html`<div class="empty-state calm"><p><b>Name one version or several.</b></p><p>For example <a href="${link("/what-if", { jetpack: "5.1.2" })}">JetPack 5.1.2 on every device</a>.</p></div>`;
}

const NO_DEVICE = html`<div class="empty-state calm"><p><b>No device matches.</b></p><p>Nothing was judged.</p></div>`;

function outcome(result: WhatIf, filter: DeviceFilter): Html {
  const { change, things, stops, starts, same, unknown, impossible, causes } = result;
  if (things === 0) return NO_DEVICE;
  const versions = FIELDS.flatMap(([name]) =>
    change[name] === undefined ? [] : [`${propertyLabel(name)} ${change[name]}`],
  );
  const judged = stops.things + starts.things + same + impossible;
  const effect =
    stops.things === 0 && starts.things === 0
      ? html`${judged === 0 ? "nothing can be told." : "nothing would change."}`
      : html`<b>${formatNumber(stops.things)}</b> would stop, <b>${formatNumber(starts.things)}</b> would start.`;
  return html`<h2 class="sentence">With ${joinWithAnd(versions)} on ${pluralize(things, "device")}, ${effect}</h2>
<div class="answers">
${answer("bad", "Stop running", stops)}
${answer("good", "Start running", starts)}
${answer("quiet", "As before", { things: same, first: [] })}
${impossible > 0 ? answer("quiet", "Cannot be changed", { things: impossible, first: [] }) : null}
${unknown > 0 ? answer("unsure", "Cannot tell", { things: unknown, first: [] }) : null}
</div>
<p class="note">${notes(result)}</p>
${stops.things + starts.things === 0 ? null : exportsOf("/api/what-if/pairs", { ...change, ...filter })}
${
  causes.length === 0
    ? null
    : html`<h2>Why they would stop</h2><ul class="reasons">${causes.map(
        ({ rule, expected, actual, things: count }) =>
          html`<li><p class="count"><b>${formatNumber(count)}</b></p><div><h3>${ruleLabel(rule)} <code>${rule}</code></h3>${valuePair(expected, actual)}</div></li>`,
      )}</ul>`
}`;
}

function notes({ withoutFacts, withoutDescription, impossible }: WhatIf): string {
  return [
    "Counted in pairs of a device and its job.",
    impossible > 0 && "A change is impossible on a device whose board has no such release, or which lacks that part.",
    withoutFacts > 0 &&
      `${pluralize(withoutFacts, "device")} ${pluralForm(withoutFacts, "has", "have")} no facts that could be judged, and ${pluralForm(withoutFacts, "is", "are")} not counted.`,
    withoutDescription > 0 && `Of ${pluralize(withoutDescription, "pair")} the job's description is not here.`,
  ]
    .filter((each) => each !== false)
    .join(" ");
}

/** Where today's rules judge stored facts differently than the devices reported. */
function today({ differs, same, withoutDescription, withoutFacts }: Rejudged, filter: DeviceFilter): Html {
  if (differs.length === 0) return html``;
  return html`<h2>Where today's rules disagree with the reports</h2>
<p class="lead">${formatNumber(same)} pairs of device and job agree.${withoutDescription > 0 ? ` ${formatNumber(withoutDescription)} lack the job's description.` : ""}${withoutFacts > 0 ? ` ${pluralize(withoutFacts, "device")} ${pluralForm(withoutFacts, "has", "have")} no facts that could be judged.` : ""}</p>
<ul class="reasons">${differs.map(
    (group) =>
      html`<li><p class="count"><b>${formatNumber(group.things)}</b></p><div><h3><bdi>${group.project === "" ? group.job : `${group.project}/${group.job}`}</bdi></h3><p>${runnableMark(group.reported)} <span class="to">→</span> ${runnableMark(group.judged)}${group.rule === null ? null : html` by <code>${group.rule}</code>`}</p>${names(group)}</div></li>`,
  )}</ul>${exportsOf("/api/rejudged/differs", filter)}`;
}
