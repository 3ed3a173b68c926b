import { type Colour, clean, type Paint, painter, type TextStyle, wrap } from "../../base/terminal-text.js";
import { lengthOf, padTo } from "../../base/text-width.js";
import type { Runnable } from "../../drift/finding.js";
import { ANSWERS, namesOf } from "./words.js";

/** The answers of every job (row) on every machine (column). */
interface Matrix {
  readonly jobs: readonly string[];
  /** What each job was packaged for; null if it does not say. */
  readonly targets: readonly (string | null)[];
  readonly machines: readonly string[];
  readonly answers: readonly (readonly Runnable[])[];
}

const GAP = 2;
/** The most names with a row each; beyond it, names with equal answers share a row. */
const MOST_ROWS = 40;

/**
 * The matrix within the style's width: a row for each job and a column for each machine, with words in the cells;
 * transposed if only that fits; otherwise a row for all machines with the same answers, numbered jobs as columns and
 * symbols in the cells.
 */
export function matrixLines(matrix: Matrix, style: TextStyle): readonly string[] {
  const { jobs, machines, answers } = matrix;
  const turned = machines.map((_, at) => answers.map((row) => row[at] as Runnable));
  return (
    wordTable(jobs, machines, answers, style) ??
    wordTable(machines, jobs, turned, style) ?? [...legend(matrix, style), "", ...symbolTables(machines, turned, style)]
  );
}

/** A table with symbol and word in each cell; null if it is too wide or too long. */
function wordTable(
  rows: readonly string[],
  columns: readonly string[],
  answers: readonly (readonly Runnable[])[],
  { width, colour }: TextStyle,
): readonly string[] | null {
  // Before anything is measured: there may be hundreds of thousands of either.
  if (rows.length > MOST_ROWS || columns.length * GAP > width) return null;
  const first = longest(rows);
  const widths = columns.map((name, at) =>
    Math.max(lengthOf(clean(name)), ...answers.map((row) => cellOf(row[at]).length)),
  );
  if (widths.reduce((sum, column) => sum + GAP + column, first) > width) return null;
  const paint = painter(colour);
  const line = (head: string, cells: readonly (readonly [string, Colour | null])[]) =>
    [padTo(head, first), ...cells.map(([text, hue], at) => painted(text, hue, widths[at] ?? 0, paint))]
      .join(" ".repeat(GAP))
      .trimEnd();
  return [
    line(
      "",
      columns.map((name) => [clean(name), "bold"]),
    ),
    ...rows.map((name, at) =>
      line(
        clean(name),
        (answers[at] ?? []).map((answer) => [cellOf(answer), ANSWERS[answer].colour]),
      ),
    ),
  ];
}

function legend({ jobs, targets }: Matrix, { width }: TextStyle): readonly string[] {
  const digits = String(jobs.length).length;
  return [
    ...jobs.flatMap((name, at) => {
      const target = targets[at] ?? null;
      const lines = wrap(target === null ? name : `${name} for ${target}`, width - digits - GAP);
      return lines.map(
        (line, first) => `${(first === 0 ? String(at + 1) : "").padStart(digits)}${" ".repeat(GAP)}${line}`,
      );
    }),
    "",
    Object.values(ANSWERS)
      .map(({ symbol, word }) => `${symbol} ${word}`)
      .join("   "),
  ];
}

const MOST_NAME_WIDTH = 46;
const MOST_NAMES = 20;

/** Tables with as many jobs as fit next to the machines' names. */
function symbolTables(
  machines: readonly string[],
  answers: readonly (readonly Runnable[])[],
  style: TextStyle,
): readonly string[] {
  const groups = new Map<string, { readonly names: string[]; readonly answers: readonly Runnable[] }>();
  for (const [at, row] of answers.entries()) {
    const group = groups.get(row.join()) ?? { names: [], answers: row };
    group.names.push(machines[at] ?? "");
    groups.set(row.join(), group);
  }
  const rows = [...groups.values()].map((group) => ({ ...group, label: namesOf(group.names, MOST_NAMES) }));
  const first = Math.min(MOST_NAME_WIDTH, longest(rows.map(({ label }) => label)));
  const jobs = answers[0]?.length ?? 0;
  const column = String(jobs).length + GAP;
  const perTable = Math.max(1, Math.floor((style.width - first) / column));
  const paint = painter(style.colour);
  const lines: string[] = [];
  for (let from = 0; from < jobs; from += perTable) {
    const numbers = Array.from({ length: Math.min(perTable, jobs - from) }, (_, at) => from + at);
    if (from > 0) lines.push("");
    lines.push(padTo("", first) + numbers.map((at) => paint("bold", String(at + 1).padStart(column))).join(""));
    for (const row of rows) {
      const cells = numbers.map((at) => {
        const answer = ANSWERS[row.answers[at] as Runnable];
        return " ".repeat(column - 1) + paint(answer.colour, answer.symbol);
      });
      const names = wrap(row.label, first);
      lines.push(...names.map((name, at) => (at === 0 ? padTo(name, first) + cells.join("") : name)));
    }
  }
  return lines;
}

function cellOf(answer: Runnable | undefined): string {
  if (answer === undefined) return "";
  const { symbol, word } = ANSWERS[answer];
  return `${symbol} ${word}`;
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, lengthOf(clean(text))), 0);
}

function painted(text: string, hue: Colour | null, width: number, paint: Paint): string {
  const blanks = " ".repeat(Math.max(0, width - lengthOf(text)));
  return (hue === null ? text : paint(hue, text)) + blanks;
}
