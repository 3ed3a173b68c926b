import type { Reader } from "../store/database.js";
import { isUnstorable } from "./device-filter.js";
import type { JudgedClasses } from "./judge-job.js";
import type { JobThing, JobThingFilter } from "./judged-views.js";
import { keyOf, limitOf, pageOf, partsOf } from "./page-keys.js";
import { allOf, Parameters } from "./parameters.js";
import { textIn, textOrNull } from "./row-values.js";
import type { Page, Paged } from "./views.js";

type Answer = Pick<JobThing, "outcome" | "change">;

/** The answers for classes of machines; for all others, nothing can be told. */
export type ClassAnswers = ReadonlyMap<string, Answer>;

const NO_FACTS: Answer = { outcome: "NO_FACTS", change: null };
const UNKNOWN: Answer = { outcome: "UNKNOWN", change: null };

export function classAnswers({ can, cannot, after }: Pick<JudgedClasses, "can" | "cannot" | "after">): ClassAnswers {
  const all = (groups: typeof can, outcome: Answer["outcome"], change: string | null = null) =>
    groups.groups.flatMap(({ digest }) => (digest === null ? [] : [[digest, { outcome, change }] as const]));
  return new Map([
    ...all(can, "CAN"),
    ...all(cannot, "CANNOT"),
    ...after.flatMap(({ change, ...groups }) => all(groups, "CANNOT", change)),
  ]);
}

/** How many things are read by name before the wanted classes are searched for. */
const READ_FIRST = 2_000;

/**
 * A page of things by name, each with the answer for its class. Most pages are among the next things by name; if the
 * wanted ones are rare or come late, the rest is found by their classes, so a page never takes more than one search.
 */
export async function listJobThings(
  reader: Reader,
  answers: ClassAnswers,
  wanted: JobThingFilter,
  page: Page,
): Promise<Paged<JobThing>> {
  const limit = limitOf(page);
  const after = partsOf(page.after, [""]);
  if (isUnstorable(after?.[0] ?? "")) return { items: [], next: null };
  const next = await read(reader, after?.[0] ?? null, READ_FIRST, null);
  const found = next.map((row) => judged(row, answers)).filter((thing) => isWanted(thing, wanted));
  const last = next.at(-1)?.thing;
  if (found.length <= limit && next.length === READ_FIRST && last !== undefined) {
    const rest = await read(reader, last, limit + 1 - found.length, { answers, wanted });
    found.push(...rest.map((row) => judged(row, answers)));
  }
  return pageOf(found, limit, ({ thing }) => keyOf(thing));
}

interface ThingOfClass {
  readonly thing: string;
  readonly digest: string | null;
}

async function read(
  reader: Reader,
  after: string | null,
  most: number,
  only: { readonly answers: ClassAnswers; readonly wanted: JobThingFilter } | null,
): Promise<readonly ThingOfClass[]> {
  const parameters = new Parameters();
  const conditions = [
    ...(after === null ? [] : [`thing > ${parameters.of(after)}`]),
    ...(only === null ? [] : [wantedClasses(only.answers, only.wanted, parameters)]),
  ];
  const sql = `SELECT thing, facts_digest FROM thing WHERE ${allOf(conditions)} ORDER BY thing LIMIT ${most}`;
  const rows = await reader.all(sql, parameters.values);
  return rows.map((row) => ({ thing: textIn(row, "thing"), digest: textOrNull(row, "facts_digest") }));
}

/** The condition for the wanted classes. Those without an answer are too many to list: they are all but the others. */
function wantedClasses(answers: ClassAnswers, wanted: JobThingFilter, parameters: Parameters): string {
  const withoutAnswer = isWanted(UNKNOWN, wanted);
  if (withoutAnswer && isWanted(NO_FACTS, wanted)) return "1 = 1";
  if (isWanted(NO_FACTS, wanted)) return "facts_digest IS NULL";
  const listed = [...answers].flatMap(([digest, answer]) =>
    isWanted(answer, wanted) !== withoutAnswer ? [digest] : [],
  );
  if (listed.length === 0) return withoutAnswer ? "facts_digest IS NOT NULL" : "1 = 0";
  return `facts_digest ${withoutAnswer ? "NOT IN" : "IN"} ${parameters.in(listed)}`;
}

function judged({ thing, digest }: ThingOfClass, answers: ClassAnswers): JobThing {
  return { thing, ...(digest === null ? NO_FACTS : (answers.get(digest) ?? UNKNOWN)) };
}

function isWanted({ outcome, change }: Answer, wanted: JobThingFilter): boolean {
  return (
    (wanted.outcome === undefined || wanted.outcome === outcome) &&
    (wanted.change === undefined || wanted.change === change)
  );
}
