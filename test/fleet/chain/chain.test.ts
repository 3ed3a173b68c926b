import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { terminalText } from "../../../src/base/terminal-text.js";
import { verify as command } from "../../../src/commands/verify.js";
import { verifyChain } from "../../../src/fleet/chain/chain.js";
import { ed25519Signer, ed25519Verifier, sha256, workFolderSigner } from "../../../src/platform/seals.js";
import { encodeReport } from "../../../src/report/encode.js";
import { heartbeat } from "../../../src/report/make-report.js";
import type { CompleteReport, Report } from "../../../src/report/report.js";
import { sealedText, signedText } from "../../../src/report/seal.js";
import { memoryStore, someOutbox } from "../../outbox/builders.js";
import { someFinding, someReport, unnumbered } from "../../report/builders.js";

const plain = unnumbered(someReport());
const long = unnumbered(someReport({ findings: Array.from({ length: 40 }, () => someFinding()) }));

let folder: string;
let sign: ((text: string) => string) | null;
let publicKey: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-verify-"));
  const pair = generateKeyPairSync("ed25519");
  publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  writeFileSync(join(folder, "key.pem"), pair.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(join(folder, "public.pem"), publicKey);
  sign = ed25519Signer(join(folder, "key.pem"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reports as an outbox makes them, signed; the third is lost and named. */
function someChain(): Report[] {
  const outbox = someOutbox(memoryStore(), { sign: (text) => sign?.(text) ?? null, newEpoch: () => "e" });
  const made = [outbox.add(plain), outbox.add(heartbeat(plain)), outbox.add(heartbeat(plain))];
  outbox.discard(made.pop()?.id ?? "");
  return [...made, outbox.add(long), outbox.add(plain)];
}
/** Reports that carry each the seal of the one before it in the list, signed, an hour apart. */
function linked(...places: readonly (readonly [epoch: string, sequence: number, over?: Partial<CompleteReport>])[]) {
  let previous: string | undefined;
  return places.map(([epoch, sequence, over], hour) => {
    const checkedAt = new Date(Date.UTC(2026, 10, 23, hour)).toISOString();
    const place = { id: `${epoch}.${sequence}`, epoch, sequence, checkedAt, ...(previous ? { previous } : {}) };
    const report = someReport({ ...place, ...over });
    previous = sha256(sealedText(report));
    return { ...report, signature: sign?.(signedText(previous)) ?? "" };
  });
}
const without = (reports: readonly CompleteReport[], ...ids: readonly string[]) =>
  reports.filter(({ id }) => !ids.includes(id));
const changedIn = (reports: readonly CompleteReport[], changed: string, over: Partial<CompleteReport>) =>
  reports.map((report) => (report.id === changed ? { ...report, ...over } : report));
const unsigned = (reports: readonly CompleteReport[]) => reports.map(({ signature: _signature, ...report }) => report);
const lost = (fromSequence: number, toSequence: number, count = toSequence - fromSequence + 1) => ({
  fromSequence,
  toSequence,
  count,
});
const check = (reports: readonly Report[]) => verifyChain(reports, sha256, ed25519Verifier(publicKey));

async function run(...args: readonly string[]) {
  let out = "";
  const terminal = {
    out: (text: string) => {
      out += terminalText(text, false);
    },
    err: () => {},
    status: () => {},
    errColumns: null,
    env: {},
    isTerminal: false,
    columns: 100,
  };
  return { code: await command(args, terminal), out };
}
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("verifyChain", () => {
  it("finds an untouched chain sound, in any order, doubled, and through any JSON store", () => {
    const chain = someChain();
    const sorted = chain.map((report) => Object.fromEntries(Object.entries(report).sort()) as unknown as Report);

    expect(check([...sorted, ...chain].reverse())).toEqual({
      things: 1,
      reports: 4,
      links: 2,
      signed: 4,
      cut: 0,
      incomplete: 0,
      gaps: [{ thing: "line-4-camera-2", epoch: "e", fromSequence: 3, toSequence: 3, named: true }],
      faults: [],
      unchecked: [],
    });
  });

  it.each([0, 1, 2, 3])("finds a changed word in report %i", (at) => {
    const chain = someChain();
    const changed = chain.map((report, index) => (index === at ? ({ ...report, drift: "IN_SYNC" } as Report) : report));

    const { faults } = check(changed);

    expect(faults.map(({ id }) => id)).toContain(chain[at]?.id);
  });

  it("finds a change of any report but the last without a key", () => {
    const chain = someChain();
    const changed = [{ ...chain[0], drift: "IN_SYNC" } as Report, ...chain.slice(1)];

    expect(verifyChain(changed, sha256, null).faults).toEqual([
      { thing: "line-4-camera-2", id: "e.2", what: "it does not carry the seal of e.1: one of the two was changed" },
    ]);
  });

  it("finds a report that was removed, and one that was inserted", () => {
    const chain = someChain();
    const [first, second, ...rest] = chain as [Report, Report, ...Report[]];

    expect(
      check([first, ...rest]).gaps.map(({ fromSequence, toSequence, named }) => [fromSequence, toSequence, named]),
    ).toEqual([
      [2, 2, false],
      [3, 3, true],
    ]);
    expect(check([first, second, { ...second, drift: "IN_SYNC" } as Report, ...rest]).faults[0]?.what).toBe(
      "there is another report with this id",
    );
  });

  const line = "line-4-camera-2";
  const bySeals = (reports: readonly Report[]) => verifyChain(reports, sha256, null);
  const absent = "the report made before it is missing, or was changed";
  const unsealed = "no known report carries its seal";

  it("follows the seals from epoch to epoch, also past an epoch in memory that has no successor", () => {
    const [a1, a2, b1, b2] = linked(["a", 1], ["a", 2], ["b", 1], ["b", 2]);
    const [, , memory] = linked(["a", 1], ["a", 2], ["m", 1]);
    const all = [a1, a2, b1, b2].flatMap((each) => each ?? []);

    expect(bySeals([...all].reverse())).toMatchObject({ links: 3, gaps: [], faults: [], unchecked: [] });
    expect(check([...all, ...(memory ? [memory] : [])])).toMatchObject({
      links: 4,
      gaps: [],
      faults: [],
      unchecked: [],
    });
    expect(bySeals([...all, ...(memory ? [memory] : [])])).toMatchObject({
      links: 4,
      faults: [],
      unchecked: [{ thing: line, id: "m.1", why: unsealed }],
    });
  });

  it("cannot vouch for the last report of an epoch when the next epoch carries another seal", () => {
    const chain = linked(["a", 1], ["a", 2], ["b", 1], ["b", 2]);
    const changed = changedIn(chain, "a.2", { drift: "IN_SYNC" });
    const doubts = [{ thing: line, id: "b.1", why: absent }];

    expect(bySeals(changed)).toMatchObject({ faults: [], unchecked: [{ id: "a.2", why: unsealed }, ...doubts] });
    expect(check(changed)).toMatchObject({ faults: [{ id: "a.2", what: "its signature is not valid" }] });
    expect(bySeals(without(chain, "a.2"))).toMatchObject({ unchecked: [{ id: "a.1" }, ...doubts] });
    expect(check(without(chain, "a.2"))).toMatchObject({ faults: [], unchecked: doubts });
    expect(check(unsigned(chain))).toMatchObject({ links: 3, signed: 0, faults: [] });
  });

  it("expects no report before the first one, but the beginning of every later epoch", () => {
    const chain = linked(["a", 4], ["a", 5], ["b", 1], ["b", 2], ["b", 3]);
    expect(check(chain.slice(1))).toMatchObject({ gaps: [], faults: [], unchecked: [] });
    expect(check(without(chain, "b.1", "b.2"))).toMatchObject({
      gaps: [{ epoch: "b", fromSequence: 1, toSequence: 2, named: false }],
      faults: [],
    });
  });

  it("accepts what the first epoch names as lost before it and in it, and expects nothing older", () => {
    const told = { gaps: [{ ...lost(5, 7, 1), epoch: "older" }, lost(40, 51, 2)] };
    const chain = linked(["a", 50], ["a", 51], ["a", 52, told], ["a", 53]);
    expect(check(without(chain, "a.51"))).toMatchObject({
      gaps: [{ epoch: "a", fromSequence: 51, toSequence: 51, named: true }],
      unchecked: [],
    });
  });

  it("accepts what a later epoch names as dropped at the end of the one before", () => {
    const chain = linked(["a", 1], ["a", 2], ["a", 3], ["b", 1, { gaps: [{ ...lost(2, 3), epoch: "a" }] }]);
    expect(check(without(chain, "a.2", "a.3"))).toMatchObject({
      gaps: [{ epoch: "a", fromSequence: 2, toSequence: 3, named: true }],
      faults: [],
      unchecked: [],
    });
    // Nothing seals the first one any more.
    expect(bySeals(without(chain, "a.2", "a.3"))).toMatchObject({ unchecked: [{ id: "a.1", why: unsealed }] });
  });

  it("does not accept a range as named when more is missing in it than it counts", () => {
    const places = [1, 2, 3, 4, 5].map((sequence) => ["a", sequence] as const);
    const chain = linked(...places, ["a", 6, { gaps: [lost(2, 5, 2)] }]);
    expect(check(without(chain, "a.3", "a.5")).gaps.map(({ named }) => named)).toEqual([true, true]);
    expect(check(without(chain, "a.3", "a.4", "a.5")).gaps).toEqual([
      { thing: line, epoch: "a", fromSequence: 3, toSequence: 5, named: false },
    ]);
  });

  it("handles gaps of any length in no time", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const chain = linked(["a", 1], ["a", most, { gaps: [lost(2, most - 1)] }]);
    expect(check(chain).gaps).toEqual([
      { thing: line, epoch: "a", fromSequence: 2, toSequence: most - 1, named: true },
    ]);
  });

  it("finds a report that carries the seal of one that is not before it", () => {
    const chain = linked(["a", 1], ["a", 3]);
    expect(check(chain).faults.map(({ what }) => what)).toEqual([
      "it carries the seal of a.1, which is not the one before it",
    ]);
  });

  it("finds a change of any part, anywhere in it", () => {
    const parts = linked(["a", 1], ["a", 2, { findings: Array(40).fill(someFinding()) }], ["a", 3]).flatMap((report) =>
      encodeReport(report, 7_000).map((message) => JSON.parse(message) as CompleteReport),
    );
    expect(bySeals(parts)).toMatchObject({ reports: 3, links: 2, faults: [], unchecked: [] });
    for (const [at, { part }] of parts.entries()) {
      if (part === undefined) continue;
      for (const over of [{ drift: "IN_SYNC" }, { cut: true }, { previous: "x" }, { signature: "x" }] as const) {
        const changed = parts.map((each, index) => (index === at ? { ...each, ...over } : each));
        expect(bySeals(changed).faults).toContainEqual({
          thing: line,
          id: "a.2",
          what: "its parts do not belong together: one of them was changed",
        });
      }
    }
  });

  it("counts a report that lacks parts as one that cannot be checked, unless a whole copy is there too", () => {
    const chain = linked(["a", 1], ["a", 2, { findings: Array(40).fill(someFinding()) }], ["a", 3]);
    const split = (bytes: number) => encodeReport(chain[1] as Report, bytes).map((part) => JSON.parse(part) as Report);
    const [first, ...rest] = split(7_000) as [CompleteReport, ...Report[]];
    const [one, , three] = chain as [Report, Report, Report];

    expect(check([one, ...rest, three])).toMatchObject({
      incomplete: 1,
      gaps: [],
      faults: [],
      unchecked: [{ thing: line, id: "a.2", why: "it lacks parts" }],
    });
    expect(check([first, one, ...rest, three, first])).toMatchObject({ signed: 3, incomplete: 0, unchecked: [] });
    expect(check([...chain, ...split(5_000).slice(1)])).toMatchObject({ signed: 3, incomplete: 0, unchecked: [] });
    const forged = { ...first, findings: [someFinding({ because: "Nobody knows" })] };
    expect(check([...chain, forged])).toMatchObject({ incomplete: 1, unchecked: [{ id: "a.2" }] });
  });
});

describe("packdrift verify", () => {
  it("checks saved messages, split ones and one a line, with the public key", async () => {
    const messages = someChain().flatMap((report) => encodeReport(report, 7_000));
    const path = file("messages.jsonl", `${messages.join("\n")}\n`);

    const { code, out } = await run("--key", join(folder, "public.pem"), path);

    expect(messages.length).toBeGreaterThan(4);
    expect(out).toBe(
      "gap, named  line-4-camera-2 e.3\n4 reports of 1 things, 2 links checked, 4 signatures good, 0 shortened (cannot be checked)\nNothing was changed. Reports missing after the last one cannot be detected.\n",
    );
    expect(code).toBe(0);
  });

  it("ends with 1 and names the report when a byte was changed", async () => {
    const text = JSON.stringify(someChain()).replace("WILL_NOT_RUN", "RUNNABLE");

    const { code, out } = await run("--json", file("changed.json", text));

    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ schema: "packdrift.verify/1", faults: [{ id: "e.2" }] });
  });

  it("reads an outbox's segments", async () => {
    const store = memoryStore();
    const outbox = someOutbox(store);
    outbox.delivered(outbox.add(plain).id);
    outbox.add(plain);

    const { code, out } = await run(file("segment.log", String(store.files["segment-000000000001.log"])));

    expect([code, out]).toEqual([0, expect.stringContaining("2 reports of 1 things, 1 links checked")]);
  });

  it("ends with 2 on what is not a report and when there is nothing to check, with 3 on wrong use", async () => {
    expect(await run(file("rubbish", "{}\nrubbish\n"))).toEqual({
      code: 2,
      out: expect.stringMatching(/^unreadable {2}.*\n[\s\S]*There is no report to check\.\n$/),
    });
    expect((await run(file("empty", "\n"))).code).toBe(2);
    expect((await run("--key", join(folder, "public.pem"), file("unsigned", JSON.stringify(someReport())))).code).toBe(
      2,
    );
    await expect(run()).rejects.toThrow("needs FILE");
    await expect(run(join(folder, "none"))).rejects.toThrow("Cannot read");
    await expect(run("--key", file("bad.pem", "x"), file("one", JSON.stringify(someReport())))).rejects.toThrow(
      "Cannot use --key",
    );
  });

  const TAIL = "Reports missing after the last one cannot be detected.";
  const SOUND = `Nothing was changed. ${TAIL}`;
  const key = () => ["--key", join(folder, "public.pem")];
  const ends = async (reports: readonly Report[], ...options: readonly string[]) => {
    const { code, out } = await run(...options, file("log", JSON.stringify(reports)));
    return [code, out.trimEnd().split("\n").pop()];
  };
  const some = () => linked(["a", 1], ["a", 2], ["a", 3], ["a", 4]);

  it("says that nothing was changed only for what it has checked with a key", async () => {
    expect(await ends([...some(), ...some()], ...key())).toEqual([0, SOUND]);
    expect(await ends(some())).toEqual([
      0,
      `No change was found; a change to the last report, or to all reports from some point on, can be detected only with --key. ${TAIL}`,
    ]);
    expect(await ends(some().slice(0, 1))).toEqual([2, "Nothing could be checked."]);
    expect(await ends([])).toEqual([2, "There is nothing to check."]);
  });

  it("ends with 2 and says how much could not be checked", async () => {
    const doubt = (reports: number, of: number) => [
      2,
      `No change was found, but ${reports} of ${of} reports could not be checked.`,
    ];
    expect(await ends(changedIn(some(), "a.2", { cut: true, drift: "IN_SYNC" }))).toEqual(doubt(1, 4));
    expect(await ends(changedIn(some(), "a.4", { cut: true, drift: "IN_SYNC" }), ...key())).toEqual(doubt(1, 4));
    const stripped = [...some().slice(0, 3), ...unsigned(changedIn(some(), "a.4", { drift: "IN_SYNC" }).slice(3))];
    expect(await ends(stripped, ...key())).toEqual(doubt(1, 4));
    expect(await ends(unsigned(some()), ...key())).toEqual(doubt(4, 4));
    expect(await ends(without(changedIn(some(), "a.2", { drift: "IN_SYNC" }), "a.3"))).toEqual([
      2,
      "No change was found, but 1 of 3 reports could not be checked, and 1 gap is not named by any report.",
    ]);
    expect(await ends(without(some(), "a.3"), ...key())).toEqual([
      2,
      "No change was found, but 1 gap is not named by any report.",
    ]);
  });

  it("does not call an entry that is not a report a change, next to sound reports", async () => {
    const log = file(
      "log",
      `${some()
        .map((each) => JSON.stringify(each))
        .join("\n")}\nrubbish\n{"half":`,
    );

    const { code, out } = await run(...key(), log);

    expect([code, out.trimEnd().split("\n").pop()]).toEqual([2, "No change was found, but 2 entries are not reports."]);
  });

  it.each([
    ["a folder", () => folder],
    ["an endless device", () => "/dev/zero"],
    ["a pipe that nobody writes to", () => named(join(folder, "pipe"))],
  ])("refuses %s at once, as a file and as the key", async (_what, path) => {
    await expect(run(path())).rejects.toThrow(`Cannot read "${path()}": `);
    await expect(run("--key", path(), file("one", JSON.stringify(someReport())))).rejects.toThrow("Cannot read");
  });

  it("reads through a link", async () => {
    const link = join(folder, "link");
    symlinkSync(file("linked", JSON.stringify(some())), link);

    expect((await run(...key(), link)).code).toBe(0);
  });

  it("refuses a signature that is not a text, and says where it is", async () => {
    const [first, second] = some();
    const log = file("log", `${JSON.stringify(first)}\n${JSON.stringify({ ...second, signature: { a: 1 } })}\n`);

    await expect(run(...key(), log)).rejects.toThrow(`Cannot read "${log}:2": signature must be a string, is {"a":1}`);
  });

  it.each([
    ["padding", (text: string) => `${text}==`],
    ["other letters", (text: string) => `${text.slice(0, -2)}!!${text.slice(-2)}`],
    ["base64", (text: string) => Buffer.from(text, "base64url").toString("base64")],
    ["other unused bits", (text: string) => `${text.slice(0, -1)}${otherLast(text)}`],
  ])("treats a signature with %s as a change: only base64url is accepted", async (_what, spoil) => {
    const [first, second] = some();
    const spoilt = { ...second, signature: spoil(second?.signature ?? "") };

    expect((await ends([first, spoilt] as Report[], ...key()))[0]).toBe(1);
  });

  it("lets no text of a report move the cursor", async () => {
    const evil = "line\u001b[2J\u009b2J\u202e\n";
    const reports = linked(["a\u001b]0;x\u0007", 1, { thing: evil }], ["a\u001b]0;x\u0007", 3, { thing: evil }]);
    for (const option of [[], ["--json"]]) {
      const { out } = await run(...option, file("evil", JSON.stringify(reports)));
      expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    }
    expect((await run(file("evil", JSON.stringify(reports)))).out).toContain("line [2J");
  });
});

/** A pipe at a path. */
function named(path: string): string {
  if (!existsSync(path)) execFileSync("mkfifo", [path]);
  return path;
}

/** The last character of a signature with another of its unused bits. */
function otherLast(text: string): string {
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return ALPHABET[ALPHABET.indexOf(text.at(-1) ?? "A") ^ 1] ?? "A";
}

describe("workFolderSigner", () => {
  it("signs with the folder's own key, not through a link", () => {
    const work = join(folder, "work");
    mkdirSync(work);
    expect(workFolderSigner(work)).toBeNull();
    copyFileSync(join(folder, "key.pem"), join(work, "signing-key.pem"));
    chmodSync(join(work, "signing-key.pem"), 0o600);
    expect(workFolderSigner(work)?.("text")).toBe(sign?.("text"));

    rmSync(join(work, "signing-key.pem"));
    symlinkSync(join(folder, "key.pem"), join(work, "signing-key.pem"));
    expect(() => workFolderSigner(work)).toThrow("is a link, not a regular file");
  });

  it.skipIf(process.geteuid?.() !== 0)("does not sign with another user's key", () => {
    const work = mkdtempSync(join(folder, "work-"));
    copyFileSync(join(folder, "key.pem"), join(work, "signing-key.pem"));
    chmodSync(join(work, "signing-key.pem"), 0o600);
    chownSync(join(work, "signing-key.pem"), 65_534, 65_534);

    expect(() => workFolderSigner(work)).toThrow("belongs to user 65534");
  });
});

describe("ed25519Signer", () => {
  it("is null when there is no key, and refuses a file that others may read or that is not a key, without quoting it", () => {
    expect(ed25519Signer(join(folder, "none.pem"))).toBeNull();
    const open = file("open.pem", "secret");
    chmodSync(open, 0o644);
    expect(() => ed25519Signer(open)).toThrow("its mode must be 0600 or 0400, is 0644");
    chmodSync(open, 0o600);
    expect(() => ed25519Signer(open)).toThrow(`"${open}" holds no private key`);
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
    const path = file("rsa.pem", String(rsa));
    chmodSync(path, 0o600);
    expect(() => ed25519Signer(path)).toThrow("must hold an Ed25519 key, holds rsa");
  });

  it.runIf(process.getuid?.() === 0)("takes mode 0440 as systemd's, when it is root's and its group's", () => {
    const pair = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
    const path = file("credential.pem", String(pair));
    chmodSync(path, 0o440);
    chownSync(path, 0, 1);
    expect(() => ed25519Signer(path)).toThrow("its mode must be 0600 or 0400, is 0440");
    chownSync(path, 0, 0);
    expect(ed25519Signer(path)).toBeTypeOf("function");
  });
});
