import { indent, labelled, painter, type TextStyle, wrap } from "../../base/terminal-text.js";
import { countOf } from "../../base/text.js";
import type { ConfigurationForm } from "../../config/configuration-forms.js";
import type { ConfigCheck, Located } from "./check-text.js";

const FORMS: Readonly<Record<ConfigurationForm, string>> = {
  SETTINGS: "settings",
  DEPLOYMENT: "a deployment; settings that it omits keep their values on the device",
  LOCAL_DEPLOYMENT: "a local deployment; settings that it omits keep their values on the device",
  RECIPE: "a recipe's default configuration",
  NUCLEUS_CONFIGURATION: "a nucleus's configuration",
};

/** The result for a person. */
export function renderConfigCheck(check: ConfigCheck, { colour, width }: TextStyle): string {
  const { file, form, good, problems, warnings, meaning } = check;
  const paint = painter(colour);
  const counted = [
    ...(good ? ["good"] : [countOf(problems.length, "problem")]),
    ...(warnings.length > 0 ? [countOf(warnings.length, "warning")] : []),
  ].join(", ");
  const kind = form === null ? "" : ` (${FORMS[form]})`;
  const lines = wrap(`${file}${kind}: ${counted}`, width).map((line) => paint(good ? "green" : "red", line));
  for (const problem of problems) lines.push(...labelled(placeOf(problem), problem.message, width, LABEL));
  for (const warning of warnings) {
    lines.push("", ...labelled(placeOf(warning), warning.message, width, LABEL).map((line) => paint("yellow", line)));
    lines.push(...indent(labelled("fix:", warning.fix, width - LABEL, 5), LABEL));
  }
  if (meaning.length > 0) lines.push("");
  for (const { about, text } of meaning) lines.push(...labelled(about, text, width, MEANING));
  return `${lines.join("\n")}\n`;
}

const LABEL = 10;
const MEANING = 14;

function placeOf({ line, column }: Located<object>): string {
  return line === null ? "" : `${line}:${column}`;
}
