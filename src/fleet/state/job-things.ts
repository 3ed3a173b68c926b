import type { Reader } from "../store/database.js";
import { isUnstorable } from "./device-filter.js";
import type { JudgedClasses } from "./judge-job.js";
import type { JobThing, JobThingFilter } from "./judged-views.js";
import { keyOf, limitOf, pageOf, partsOf } from "./page-keys.js";
import { allOf, Parameters } from "./parameters.js";
import { textIn, textOrNull } from "./row-values.js";
import type { Page, Paged } from "./views.js";

type Answer = Pick<JobThing, "outcome" | "change">;

/** What is judged of each class of machines. */
export type ClassAnswers = ReadonlyMap<string, Answer>;

const NO_FACTS: Answer = { outcome: "NO_FACTS", change: null };

export function answersOf({ can, cannot, unknown, after }: Omit<JudgedClasses, "withoutFacts">): ClassAnswers {
  const all = (groups: typeof can, outcome: Answer["outcome"], change: string | null = null) =>
    groups.groups.flatMap(({ digest }) => (digest === null ? [] : [[digest, { outcome, change }] as const]));
  return new Map([
    ...all(can, "CAN"),
    ...all(unknown, "UNKNOWN"),
    ...all(cannot, "CANNOT"),
    ...after.flatMap(({ change, ...groups }) => all(groups, "CANNOT", change)),
  ]);
}

/** So many things are read by name before those of the wanted classes are searched for. */
const READ_FIRST = 2_000;

/**
 * A page of things by name, each with what is judged of its class. Most pages are among the things that follow by name; where the
 * wanted ones are rare or come late, the rest is searched for by their classes, so that a page never takes more than one search.
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
    const rest = await read(reader, last, limit + 1 - found.length, classesFor(answers, wanted));
    found.push(...rest.map((row) => judged(row, answers)));
  }
  return pageOf(found, limit, ({ thing }) => keyOf(thing));
}

interface ThingOfClass {
  readonly thing: string;
  readonly digest: string | null;
}

/** Whose things are read: those of these classes, or of all others and of none. */
interface Classes {
  readonly digests: readonly string[];
  readonly others: boolean;
}

function classesFor(answers: ClassAnswers, wanted: JobThingFilter): Classes {
  const others = isWanted(NO_FACTS, wanted);
  const digests = [...answers].filter(([, answer]) => isWanted(answer, wanted) !== others).map(([digest]) => digest);
  return { digests, others };
}

async function read(
  reader: Reader,
  after: string | null,
  most: number,
  classes: Classes | null,
): Promise<readonly ThingOfClass[]> {
  const parameters = new Parameters();
  const conditions = [
    ...(after === null ? [] : [`thing > ${parameters.of(after)}`]),
    ...(classes === null ? [] : [conditionOf(classes, parameters)]),
  ];
  const sql = `SELECT thing, facts_digest FROM thing WHERE ${allOf(conditions)} ORDER BY thing LIMIT ${most}`;
  const rows = await reader.all(sql, parameters.values);
  return rows.map((row) => ({ thing: textIn(row, "thing"), digest: textOrNull(row, "facts_digest") }));
}

function conditionOf({ digests, others }: Classes, parameters: Parameters): string {
  if (digests.length === 0) return others ? "1 = 1" : "1 = 0";
  const listed = parameters.in(digests);
  return others ? `(facts_digest IS NULL OR facts_digest NOT IN ${listed})` : `facts_digest IN ${listed}`;
}

function judged({ thing, digest }: ThingOfClass, answers: ClassAnswers): JobThing {
  return { thing, ...(answers.get(digest ?? "") ?? NO_FACTS) };
}

function isWanted({ outcome, change }: Answer, wanted: JobThingFilter): boolean {
  return (
    (wanted.outcome === undefined || wanted.outcome === outcome) &&
    (wanted.change === undefined || wanted.change === change)
  );
}
