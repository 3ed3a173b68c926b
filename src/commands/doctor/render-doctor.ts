import { type Colour, indent, labelled, painter, type TextStyle, wrap } from "../../base/terminal-text.js";
import { countOf } from "../../base/text.js";
import type { DoctorPage, LineState } from "./doctor-line.js";

const MARKS: Readonly<Record<LineState, readonly [mark: string, colour: Colour]>> = {
  OK: ["✓", "green"],
  PROBLEM: ["✗", "red"],
  NOTE: ["!", "yellow"],
  NOT_TRIED: ["–", "dim"],
};

/** The page for a person: each line says what was tried, what was found and, below it, what to do. */
export function renderDoctor({ thing, version, lines }: DoctorPage, { colour, width }: TextStyle): string {
  const paint = painter(colour);
  const problems = lines.filter(({ state }) => state === "PROBLEM").length;
  const result = problems === 0 ? "nothing to do" : `${countOf(problems, "thing")} to do`;
  const title = `packdrift ${version}${thing === null ? "" : `, thing ${thing}`}: ${result}`;
  const rows = lines.flatMap(({ id, state, tried, found, fix }) => {
    const [mark, tone] = MARKS[state];
    const [first = "", ...rest] = labelled(id, `${tried}: ${found}`, width - 2, LABEL);
    return [
      `${paint(tone, mark)} ${paint(state === "NOT_TRIED" ? "dim" : "bold", first.slice(0, LABEL))}${first.slice(LABEL)}`,
      ...indent(rest, 2),
      ...(fix === null ? [] : indent(labelled("fix:", fix, width - LABEL - 2, 5), LABEL + 2)),
    ];
  });
  const legend = "✓ ok  ✗ to do  ! note  – not tried";
  return `${[...wrap(title, width).map((line) => paint("bold", line)), "", ...rows, "", paint("dim", legend)].join("\n")}\n`;
}

const LABEL = 22;
