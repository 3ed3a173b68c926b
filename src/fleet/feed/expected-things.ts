import { chunksOf } from "../../base/chunks.js";
import { InvalidInputError } from "../../base/errors.js";
import { isObject, parseJson } from "../../base/json.js";
import type { Database, SqlStatement } from "../store/database.js";

const THING_NAME = /^[a-zA-Z0-9:_-]{1,128}$/;
const ROWS_A_STATEMENT = 500;
const PAGE = 5_000;

/**
 * Parses a list of things: one name per line, comments after `#`; a JSON list of names; or the output of `aws iot
 * list-things`. Throws InvalidInputError that names the first bad one.
 */
export function parseExpectedThings(text: string): readonly string[] {
  const isJson = /^\s*[[{]/.test(text);
  const names = isJson ? namesIn(parsed(text)) : linesOf(text);
  for (const { name, where } of names) {
    if (typeof name !== "string" || !THING_NAME.test(name)) {
      refuse(`${where} must be a thing's name: 1 to 128 letters, digits, ":", "_" or "-"`);
    }
  }
  return [...new Set(names.map(({ name }) => String(name)))].sort();
}

interface Named {
  readonly name: unknown;
  readonly where: string;
}

function linesOf(text: string): readonly Named[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    const name = line.replace(/#.*$/, "").trim();
    return name === "" ? [] : [{ name, where: `line ${at + 1}` }];
  });
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return refuse("it starts like JSON but is not valid JSON");
  }
}

function namesIn(value: unknown): readonly Named[] {
  const list = isObject(value) ? value.things : value;
  if (!Array.isArray(list)) return refuse('it must be a list of names, or an object with a list "things"');
  return list.map((each: unknown, at) => ({
    name: isObject(each) ? each.thingName : each,
    where: `item ${at + 1}`,
  }));
}

function refuse(why: string): never {
  throw new InvalidInputError(`Cannot read the list of things: ${why}`);
}

/** Makes exactly these things the expected ones. A thing that is no longer expected stays only if it was heard. */
export async function storeExpectedThings(database: Database, things: readonly string[]): Promise<void> {
  const before = await expectedBefore(database);
  const now = new Set(things);
  const added = things.filter((thing) => !before.has(thing)).sort();
  const removed = [...before].filter((thing) => !now.has(thing)).sort();
  const statements: SqlStatement[] = [
    ...chunksOf(removed, ROWS_A_STATEMENT).map((some) => ({
      sql: `UPDATE thing SET expected = 0 WHERE thing IN (${some.map((_, i) => `$${i + 1}`).join(", ")})`,
      parameters: some,
    })),
    ...chunksOf(added, ROWS_A_STATEMENT).map((some) => ({
      sql: `INSERT INTO thing (thing, expected) VALUES ${some.map((_, i) => `($${i + 1}, 1)`).join(", ")}
        ON CONFLICT (thing) DO UPDATE SET expected = 1`,
      parameters: some,
    })),
    { sql: "DELETE FROM thing WHERE expected = 0 AND last_heard IS NULL" },
  ];
  await database.write(statements);
}

async function expectedBefore(database: Database): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let after = ""; ; ) {
    const rows = await database.all(
      "SELECT thing FROM thing WHERE expected = 1 AND thing > $1 ORDER BY thing LIMIT $2",
      [after, PAGE],
    );
    for (const { thing } of rows) found.add(String(thing));
    if (rows.length < PAGE) return found;
    after = String(rows.at(-1)?.thing);
  }
}
