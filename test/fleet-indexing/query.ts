import { type FieldValues, type IndexDocument, isNumeric } from "./index-document.js";
import { parseQuery, type Query, type Term, type Word } from "./parse-query.js";

/** Whether a query selects a thing, as the developer guide's "Query syntax" and "Example thing queries" say. */
export function selects(query: string, document: IndexDocument): boolean {
  return holds(parseQuery(query), document);
}

function holds(query: Query, document: IndexDocument): boolean {
  switch (query.kind) {
    case "and":
      return query.of.every((each) => holds(each, document));
    case "or":
      return query.of.some((each) => holds(each, document));
    case "not":
      return !holds(query.of, document);
    case "term":
      return termHolds(query, document);
  }
}

function termHolds({ field, value }: Term, document: IndexDocument): boolean {
  if (field === null) return [...document.values()].some((values) => valueHolds(value, values));
  const values = document.get(field);
  return values !== undefined && valueHolds(value, values);
}

function valueHolds(value: Term["value"], values: FieldValues): boolean {
  switch (value.kind) {
    case "word":
      return wordHolds(value, values);
    case "phrase":
      return values.kind === "numbers"
        ? isNumeric(value.text) && values.values.includes(Number(value.text))
        : values.values.some((text) => hasInSequence(wordsOf(text), wordsOf(value.text.toLowerCase())));
    case "range":
      return rangeHolds(value, values);
  }
}

function wordHolds({ text, hasWildcard }: Word, values: FieldValues): boolean {
  if (hasWildcard && text === "*") return true;
  if (values.kind === "numbers") return !hasWildcard && isNumeric(text) && values.values.includes(Number(text));
  const wanted = text.toLowerCase();
  const fits = hasWildcard ? patternOf(wanted) : (word: string) => word === wanted;
  return values.values.some((each) => wordsOf(each).some(fits));
}

function patternOf(text: string): (word: string) => boolean {
  const pattern = new RegExp(`^${[...text].map((letter) => WILDCARDS[letter] ?? escaped(letter)).join("")}$`);
  return (word) => pattern.test(word);
}

const WILDCARDS: Readonly<Record<string, string>> = { "*": ".*", "?": "." };

function rangeHolds(range: Extract<Term["value"], { kind: "range" }>, values: FieldValues): boolean {
  const { from, to } = range;
  const isOfNumbers = [from, to].every((bound) => bound === null || (!bound.isQuoted && isNumeric(bound.text)));
  if (isOfNumbers !== (values.kind === "numbers")) return false;
  return values.values.some((value) => {
    const compare = (bound: string) =>
      typeof value === "number"
        ? value - Number(bound)
        : value < bound.toLowerCase()
          ? -1
          : Number(value > bound.toLowerCase());
    const above = from === null || (from.isIncluded ? compare(from.text) >= 0 : compare(from.text) > 0);
    return above && (to === null || (to.isIncluded ? compare(to.text) <= 0 : compare(to.text) < 0));
  });
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function hasInSequence(all: readonly string[], some: readonly string[]): boolean {
  return some.length > 0 && all.some((_, at) => some.every((word, offset) => all[at + offset] === word));
}

function escaped(letter: string): string {
  return letter.replace(/[.+^${}()|[\]\\]/, "\\$&");
}

/** The limits of the service's quotas and of "Query syntax". */
const MOST_BYTES = 1_000;
const MOST_TERMS = 12;
const MOST_STARS_IN_TERM = 2;
const MOST_QUESTION_MARKS_IN_TERM = 5;
const MOST_LEADING_WILDCARDS = 1;
const MOST_CHARACTERS_WITH_LEADING = 100;
const UNSUPPORTED = /[`@#%/';,]/;
const FIELD_PART = /^[A-Za-z0-9_-]+$/;

/** What the service would refuse of a query; empty for one that it accepts. */
export function limitsBroken(query: string): readonly string[] {
  const terms = termsOf(parseQuery(query));
  const words = terms.flatMap(({ value }) => (value.kind === "word" ? [value] : []));
  const count = terms.reduce((sum, { value }) => sum + (value.kind === "phrase" ? wordsOf(value.text).length : 1), 0);
  const leading = words.filter(({ text, hasWildcard }) => hasWildcard && text !== "*" && /^[*?]/.test(text)).length;
  const many = (letter: string, most: number) =>
    words.some(({ text, hasWildcard }) => hasWildcard && text.split(letter).length - 1 > most);
  const problems: readonly (readonly [boolean, string])[] = [
    [Buffer.byteLength(query) > MOST_BYTES, `over ${MOST_BYTES} bytes`],
    [count > MOST_TERMS, `over ${MOST_TERMS} terms`],
    [many("*", MOST_STARS_IN_TERM), `a term with over ${MOST_STARS_IN_TERM} *`],
    [many("?", MOST_QUESTION_MARKS_IN_TERM), `a term with over ${MOST_QUESTION_MARKS_IN_TERM} ?`],
    [leading > MOST_LEADING_WILDCARDS, `over ${MOST_LEADING_WILDCARDS} leading wildcard`],
    [
      leading > 0 && query.length > MOST_CHARACTERS_WITH_LEADING,
      `a leading wildcard and over ${MOST_CHARACTERS_WITH_LEADING} characters`,
    ],
    [UNSUPPORTED.test(query), "a character that is not supported"],
    [
      terms.some(({ field }) => field?.split(".").some((part) => !FIELD_PART.test(part)) === true),
      "a field name with other characters than letters, digits, - and _",
    ],
  ];
  return problems.flatMap(([isBroken, problem]) => (isBroken ? [problem] : []));
}

/** The terms of a query, in order. */
export function termsOf(query: Query): readonly Term[] {
  switch (query.kind) {
    case "term":
      return [query];
    case "not":
      return termsOf(query.of);
    default:
      return query.of.flatMap(termsOf);
  }
}
