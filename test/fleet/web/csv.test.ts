import { describe, expect, it } from "vitest";
import { csvLine } from "../../../src/fleet/web/csv.js";

describe("csvLine", () => {
  it("quotes cells that hold commas, quotes and line ends", () => {
    expect(csvLine(["a", 'b "c"', "d,e", "f\ng", 5, true, null])).toBe('a,"b ""c""","d,e","f\ng",5,true,\r\n');
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u0000=1", "＝1"])(
    "keeps a spreadsheet from running %j",
    (text) => {
      expect(csvLine([text]).replace(/^"/, "")).toMatch(/^'/);
    },
  );

  it("shows what would turn a line's direction", () => {
    expect(csvLine(["gpj.\u202eexe", "\u2066a\u2069", "\u202e=1"])).toBe(
      "gpj.\\u{202e}exe,\\u{2066}a\\u{2069},\\u{202e}=1\r\n",
    );
  });

  it("leaves ordinary names and numbers alone", () => {
    expect(csvLine(["line-3-cam-01", -5, "8.2.1"])).toBe("line-3-cam-01,-5,8.2.1\r\n");
  });
});
