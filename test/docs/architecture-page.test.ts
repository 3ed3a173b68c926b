import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const TOP = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(TOP, "docs/architecture.md"), "utf8");
const WALKS = PAGE.split(/^### \d\. /m)
  .slice(1)
  .map((text) => [text.split("\n")[0] ?? "", [...text.matchAll(/src\/[\w/.-]+\.ts/g)].map(([file]) => file)] as const);

describe("docs/architecture.md", () => {
  it("has six walks", () => {
    expect(WALKS.map(([, files]) => files.length > 3)).toEqual([true, true, true, true, true, true]);
  });

  it.each(WALKS)("%s: passes files that are there, and no room twice", (_, files) => {
    const rooms = files.map((file) => file.split("/")[1] ?? "");
    const visits = rooms.filter((room, at) => room !== rooms[at - 1]);

    expect(files.filter((file) => !existsSync(join(TOP, file)))).toEqual([]);
    expect(visits).toEqual([...new Set(visits)]);
  });
});
