import { describe, expect, it } from "vitest";
import { parsePeople, personOfSession, sessionOf } from "../../../../src/fleet/web/access/people.js";

const FILE = `# who
ask anna token-of-anna-0123456789
view wall token-of-the-wall-0123456789

ask boss
view *
`;

describe("parsePeople", () => {
  it("knows people by their tokens, and those whom a proxy names", () => {
    const people = parsePeople(FILE);

    expect([
      people.byToken("token-of-anna-0123456789"),
      people.byToken("token-of-anna-012345678"),
      people.byName("boss"),
      people.byName("somebody"),
    ]).toEqual([
      { name: "anna", role: "ask" },
      null,
      { name: "boss", role: "ask" },
      { name: "somebody", role: "view" },
    ]);
  });

  it.each([
    ["", "needs one line at least"],
    ["admin x token-of-x-0123456789", "line 1 must be: view NAME TOKEN, or ask NAME TOKEN"],
    ["ask x short", "the token in line 1 must have 20 characters or more"],
    ["view x\nview x", 'names "x" twice'],
  ])("refuses %j", (text, why) => {
    expect(() => parsePeople(text)).toThrow(why);
  });
});

describe("sessions", () => {
  const people = parsePeople(FILE);
  const session = sessionOf(people, "anna", 1_000) ?? "";

  it("belong to the person until they end", () => {
    expect(personOfSession(people, session, 2_000)).toEqual({ name: "anna", role: "ask" });
    expect(personOfSession(people, session, 1_000 + 31 * 86_400_000)).toBeNull();
  });

  it("end when the token changes, and cannot be altered", () => {
    const changed = parsePeople(FILE.replace("token-of-anna", "other-of-anna"));
    const [, ends, seal] = session.split(".");
    const forged = `${Buffer.from("wall").toString("base64url")}.${ends}.${seal}`;

    expect([personOfSession(changed, session, 2_000), personOfSession(people, forged, 2_000)]).toEqual([null, null]);
    expect(personOfSession(people, session.replace(/\.\d+\./, ".99999999999999."), 2_000)).toBeNull();
    expect([personOfSession(people, "", 0), personOfSession(people, "x".repeat(9_999), 0)]).toEqual([null, null]);
  });

  it("are not given to people without a token", () => {
    expect([sessionOf(people, "boss", 0), sessionOf(people, "nobody", 0)]).toEqual([null, null]);
  });
});
