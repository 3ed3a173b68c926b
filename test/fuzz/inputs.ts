import * as fc from "fast-check";

/** One change to a text: where (as a share of its length), and what. */
interface Edit {
  readonly at: number;
  readonly kind: "insert" | "delete" | "replace" | "repeat" | "cut" | "flip";
  readonly text: string;
  readonly size: number;
}

/** Pieces on which parsers trip: ends, numbers at limits, keys of prototypes, quotes, links, escapes. */
const TOKENS = [
  ..."\0 \n \r \t \x1b[31m \x7f \x85 \xff \\ / ../ { } [ ] ( ) \" ' : , ; = # - + . < > & * | ` $ % ~".split(" "),
  ..."0 -0 1 255 256 65535 65536 4294967295 -1 1e999 NaN Infinity 9007199254740993 0x 0xffffffff 1.2 1.2.3.4 00.00".split(
    " ",
  ),
  ...'null true false undefined __proto__ constructor prototype toString hasOwnProperty {} [] "" {"a":'.split(" "),
  ..."\\u0000 \\ud800 \xc0\x80 \xed\xa0\x80 \xf0\x9f\x92\xa9 \xef\xbb\xbf \u2028 sm_72 10.2 NVIDIA LINUX Version: Status:".split(
    " ",
  ),
  " ",
  "\n\n",
  "\r\n",
];

const token = fc.constantFrom(...TOKENS);
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom("insert", "delete", "replace", "repeat", "cut", "flip"),
  text: fc.oneof({ weight: 4, arbitrary: token }, { weight: 1, arbitrary: fc.string({ maxLength: 12 }) }),
  size: fc.oneof({ weight: 40, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(20_000) }),
});

/** Texts of one byte a character: real ones with some changes, pieces in a row, or noise. */
export function texts(seeds: readonly string[]): fc.Arbitrary<string> {
  const changed = fc
    .tuple(fc.nat(Math.max(0, seeds.length - 1)), fc.array(edit, { maxLength: 5 }))
    .map(([which, edits]) => edits.reduce(apply, seeds[which] ?? ""));
  const pieces = fc.array(token, { maxLength: 12 }).map((list) => list.join(""));
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  return fc.oneof({ weight: 8, arbitrary: changed }, { weight: 1, arbitrary: pieces }, { weight: 1, arbitrary: noise });
}

/** The text after a change. */
function apply(text: string, { at, kind, text: piece, size }: Edit): string {
  const from = Math.floor(at * text.length);
  switch (kind) {
    case "insert":
      return text.slice(0, from) + piece + text.slice(from);
    case "delete":
      return text.slice(0, from) + text.slice(from + size);
    case "replace":
      return text.slice(0, from) + piece + text.slice(from + piece.length);
    case "repeat":
      return text.slice(0, from) + text.slice(from, from + 1 + (size % 50)).repeat(2 + size) + text.slice(from);
    case "cut":
      return text.slice(0, from);
    case "flip":
      return (
        text.slice(0, from) +
        String.fromCharCode((text.charCodeAt(from) ^ (1 << (size % 8))) & 0xff) +
        text.slice(from + 1)
      );
  }
}

/** Values as JSON has them, small, with the keys and numbers that hurt. */
const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    "",
    " ",
    "x".repeat(5_000),
    [],
    {},
    [[]],
    [null],
  ),
  token,
  fc.constantFrom<unknown>(JSON.parse('{"__proto__":{"state":"known"}}'), JSON.parse('{"constructor":1}'), nested(40)),
  fc.string({ maxLength: 20 }),
  fc.double(),
);

/** Real JSON values with some members replaced, left out or added. */
export function jsonValues(seeds: readonly unknown[]): fc.Arbitrary<unknown> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.constantFrom("set", "drop", "add"), token, anyJson), { maxLength: 4 });
  const changed = fc.tuple(fc.nat(Math.max(0, seeds.length - 1)), changes).map(([which, edits]) => {
    // A copy by JSON, so that nothing is shared between inputs.
    let value = JSON.parse(JSON.stringify(seeds[which] ?? null)) as unknown;
    for (const [at, kind, key, put] of edits) value = changeAt(value, at, kind, key, structuredClone(put));
    return value;
  });
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: anyJson });
}

type Place = readonly [holder: Record<string, unknown>, key: string];

function changeAt(root: unknown, at: number, kind: string, key: string, put: unknown): unknown {
  const places = placesIn(root, []);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return put;
  const [holder, member] = place;
  if (kind === "drop") delete holder[member];
  else if (kind === "set") holder[member] = put;
  else if (Array.isArray(holder)) holder.push(put);
  else Object.defineProperty(holder, key, { value: put, enumerable: true, configurable: true, writable: true });
  return root;
}

function placesIn(value: unknown, into: Place[]): Place[] {
  if (typeof value !== "object" || value === null || into.length > 2_000) return into;
  for (const key of Object.keys(value)) {
    const holder = value as Record<string, unknown>;
    into.push([holder, key]);
    placesIn(holder[key], into);
  }
  return into;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}
