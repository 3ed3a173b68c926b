import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filledFile } from "../fleet/store/filled-store.js";
import { sharedPostgres } from "../fleet/store/postgres-server.js";
import { lacks } from "../needed.js";
import { packdrift } from "./cli.js";

const folder = mkdtempSync(join(tmpdir(), "packdrift-fleet-move-"));
const file = join(folder, "fleet.db");
beforeAll(() => filledFile(file));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(lacks("PostgreSQL"))("packdrift fleet move", () => {
  it("moves a file to a database, and says what it moved and compared, without the password", async () => {
    const url = (await (await sharedPostgres()).database()).replace("packdrift@", "packdrift:secret@");
    const { code, out, err } = await packdrift(["fleet", "move", "--from", file, "--to", url]);

    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^thing +5 {2}SHA-256 [0-9a-f]{16}…$/m);
    expect(out).toMatch(
      /\nMoved \d+ rows from \S+fleet\.db to postgres:\/\/\/postgres\.\nRead again from both, they are the same\.\n$/,
    );

    const again = await packdrift(["fleet", "move", "--from", file, "--to", url, "--json"]);
    const { tables, ...others } = JSON.parse(again.out);
    expect(others).toMatchObject({ schema: "packdrift.fleet-move/1", from: file, found: "complete" });
    expect(tables).toContainEqual({ name: "thing", rows: 5, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it("ends with 3 and a sentence when it cannot", async () => {
    const cases = [
      [["--from", file], "fleet move needs --to STORE"],
      [["--from", file, "--to", file], `Cannot move "${file}" to itself`],
      [["--from", "no.db", "--to", "x.db"], 'Cannot move the store "no.db": there is no such file'],
      [
        ["--from", file, "--to", "postgres://127.0.0.1:1/x"],
        "Cannot connect to PostgreSQL: the connection was refused",
      ],
    ] as const;
    for (const [args, sentence] of cases) {
      const { code, out, err } = await packdrift(["fleet", "move", ...args]);
      expect({ code, out }).toEqual({ code: 3, out: "" });
      expect(err).toContain(sentence);
    }
  });

  it("is one action of fleet, which has its options as before", async () => {
    const mistyped = await packdrift(["fleet", "mvoe"]);

    expect(mistyped).toMatchObject({
      code: 3,
      err: expect.stringContaining('fleet has no action "mvoe" (did you mean "move"?)'),
    });
    expect((await packdrift(["fleet", "--help"])).out).toMatch(/^ {2}move +move what a fleet has stored/m);
    expect((await packdrift(["help", "fleet", "move"])).out).toContain("packdrift fleet move --from STORE --to STORE");
  });
});
