import { expect, it } from "vitest";
import { jsonSize } from "../../src/base/json-size.js";

it.each<[unknown, number, number]>([
  [null, 0, 0],
  ["text", 0, 0],
  [{}, 0, 0],
  [{ a: 1, b: { c: [] } }, 3, 0],
  [[1, [2, 3], { a: [4] }], 1, 6],
])("counts pairs and items at all depths: %j", (value, pairs, items) => {
  expect(jsonSize(value)).toEqual({ pairs, items });
});
