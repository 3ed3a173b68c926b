import { RULE_IDS } from "../../../drift/finding.js";
import type { Cause, DeviceFilter } from "../../state/views.js";
import { link } from "../address.js";
import { type Html, html } from "../html.js";
import { capitalized, DRIFT_LABELS, FRESHNESS_LABELS, RULE_LABELS, RUNNABLE_LABELS, ruleLabel } from "../page-text.js";

/** The filters as a GET form; scripts submit it on each change. */
export function filterForm(filter: DeviceFilter): Html {
  return html`<form class="filters" action="/devices" data-submit-on-change>
<label class="wide">Name or product<input type="search" name="q" value="${filter.q ?? ""}" maxlength="200" autocomplete="off" spellcheck="false"></label>
${select("Model", "runnable", RUNNABLE_LABELS, filter.runnable)}
${select("Drift", "drift", DRIFT_LABELS, filter.drift)}
${select("Heard", "state", FRESHNESS_LABELS, filter.state)}
<label>Rule<select name="rule"><option value="">any</option>${RULE_IDS.map(
    (rule) =>
      html`<option value="${rule}"${rule === filter.rule ? html` selected` : null}>${RULE_LABELS[rule]}</option>`,
  )}</select></label>
<label>Job<input name="job" value="${filter.job ?? ""}" maxlength="512" placeholder="project/job" autocomplete="off" spellcheck="false"></label>
${filter.thing === undefined ? null : html`<input type="hidden" name="thing" value="${filter.thing}">`}
${filter.cause === undefined ? null : html`<input type="hidden" name="cause" value="${filter.cause}">`}
${filter.at === undefined ? null : html`<input type="hidden" name="at" value="${filter.at}">`}
<button>Show</button>
</form>`;
}

/** A choice of one word, or of any. */
export function select(
  label: string,
  name: string,
  words: Readonly<Record<string, string>>,
  chosen: string | undefined,
): Html {
  return html`<label>${label}<select name="${name}"><option value="">any</option>${Object.entries(words).map(
    ([value, word]) =>
      html`<option value="${value}"${value === chosen ? html` selected` : null}>${capitalized(word)}</option>`,
  )}</select></label>`;
}

/** The active filters, each with a link that removes it. */
export function filterChips(filter: DeviceFilter, cause: Cause | null): Html | null {
  const words: readonly (readonly [keyof DeviceFilter, string | undefined])[] = [
    ["thing", filter.thing],
    ["q", filter.q === undefined ? undefined : `“${filter.q}”`],
    ["runnable", filter.runnable && RUNNABLE_LABELS[filter.runnable]],
    ["drift", filter.drift && DRIFT_LABELS[filter.drift]],
    ["state", filter.state && FRESHNESS_LABELS[filter.state]],
    ["rule", filter.rule && RULE_LABELS[filter.rule]],
    ["job", filter.job],
    ["cause", filter.cause && (cause === null ? "one cause" : causeWords(cause))],
  ];
  const chips = words.filter(([, word]) => word !== undefined);
  if (chips.length === 0) return null;
  return html`<ul class="chips" aria-label="Narrowed to">${chips.map(([name, word]) => {
    const { [name]: _, ...rest } = filter;
    return html`<li><a href="${link("/devices", rest)}"><span class="hidden">Without </span><bdi>${word}</bdi><span aria-hidden="true"> ×</span></a></li>`;
  })}</ul>`;
}

function causeWords({ rule, expected, actual }: Pick<Cause, "rule" | "expected" | "actual">): string {
  return `${ruleLabel(rule)}: ${actual ?? "not known"} instead of ${expected ?? "nothing"}`;
}
