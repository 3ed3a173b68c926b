import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { cutTo, lengthOf, padTo, splitAt } from "../../src/base/text-width.js";
import { lacks } from "../needed.js";

describe("lengthOf", () => {
  it.each([
    ["bolts", 5],
    ["Schweißnähte", 12],
    // a and a combining acute accent
    ["a\u0301", 1],
    ["検査", 4],
    ["ｶﾒﾗ", 3],
    ["한국", 4],
    ["🔩 ok", 5],
    ["✓ ≠ – …", 7],
    // It leaves as \u202e.
    ["\u202e", 6],
    ["\u{e0041}", 12],
  ])("counts the columns of %j", (text, columns) => {
    expect(lengthOf(text)).toBe(columns);
  });

  it.skipIf(lacks("python3"))("agrees with Unicode's table of wide characters as another program reads it", () => {
    const script = `
import sys, unicodedata
for point in range(0xa0, 0x30000):
    c = chr(point)
    if unicodedata.category(c) not in ("Cn", "Cs", "Cc", "Cf", "Co", "Mn", "Me", "Zl", "Zp") and not 0x1160 <= point <= 0x11ff:
        sys.stdout.write("%x %d\\n" % (point, 2 if unicodedata.east_asian_width(c) in "WF" else 1))
`;
    const { stdout, status } = spawnSync("python3", ["-c", script], { encoding: "utf8", maxBuffer: 2 ** 26 });
    const lines = stdout.trim().split("\n");
    const wrong = lines.filter((line) => {
      const [point = "", columns] = line.split(" ");
      return lengthOf(String.fromCodePoint(Number.parseInt(point, 16))) !== Number(columns);
    });

    expect([status, wrong]).toEqual([0, []]);
  });
});

describe("splitAt, cutTo and padTo", () => {
  it("keep to columns, not to characters", () => {
    expect(splitAt("検査ab検", 3)).toEqual(["検", "査a", "b検"]);
    expect(splitAt("検", 1)).toEqual(["検"]);
    expect([cutTo("検査機", 5), cutTo("検査", 4)]).toEqual(["検査…", "検査"]);
    expect(padTo("検", 4)).toBe("検  ");
  });
});
