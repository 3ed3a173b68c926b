import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keysIn } from "../../../src/fleet/store/keys-folder.js";

const RELISTED_MS = 60_001;

describe("keysIn", () => {
  let top = "";
  let folder = "";
  let nowMs = 0;
  let listings: (string | null)[] = [];
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), "packdrift-keys-"));
    folder = mkdtempSync(join(top, "keys-"));
    nowMs = 0;
    listings = [];
  });
  afterEach(() => rmSync(top, { recursive: true }));

  const pair = () => generateKeyPairSync("ed25519");
  const pemOf = (key: KeyObject) => String(key.export({ type: "spki", format: "pem" }));
  const put = (thing: string, pem: string) => writeFileSync(join(folder, `${thing}.pem`), pem);
  const opened = () => {
    const verify = keysIn(
      folder,
      (problem) => listings.push(problem),
      () => nowMs,
    );
    return (thing: string, { privateKey }: { readonly privateKey: KeyObject }) =>
      verify(thing, "text", sign(null, Buffer.from("text"), privateKey).toString("base64url"));
  };

  it("accepts what a thing's own key has signed, and has no keys of other things", () => {
    const [own, other] = [pair(), pair()];
    put("a", pemOf(own.publicKey));
    const isSigned = opened();

    expect([isSigned("a", own), isSigned("a", other), isSigned("b", own)]).toEqual([true, false, null]);
  });

  it("uses a replaced key, and no longer the old one, from the next listing on", () => {
    const [before, after] = [pair(), pair()];
    put("a", pemOf(before.publicKey));
    const isSigned = opened();
    expect(isSigned("a", before)).toBe(true);
    // A name of the same length, written over: neither the listing nor the size tells.
    put("a", pemOf(after.publicKey));

    expect([isSigned("a", before), isSigned("a", after)]).toEqual([true, false]);
    nowMs += RELISTED_MS;
    expect([isSigned("a", before), isSigned("a", after)]).toEqual([false, true]);
  });

  it("forgets a key that was removed, and finds one that was added", () => {
    const [a, b] = [pair(), pair()];
    put("a", pemOf(a.publicKey));
    const isSigned = opened();
    expect([isSigned("a", a), isSigned("b", b)]).toEqual([true, null]);
    rmSync(join(folder, "a.pem"));
    put("b", pemOf(b.publicKey));

    nowMs += RELISTED_MS;
    expect([isSigned("a", a), isSigned("b", b)]).toEqual([null, true]);
  });

  it("refuses all reports while a key is half copied, and reads it again within a second", () => {
    const own = pair();
    const pem = pemOf(own.publicKey);
    put("a", pem.slice(0, 60));
    const isSigned = opened();
    expect(isSigned("a", own)).toBe(false);
    put("a", pem);

    nowMs += 1_000;
    expect(isSigned("a", own)).toBe(true);
  });

  it("refuses all reports while a key is half overwritten, until it is whole", () => {
    const [before, after] = [pair(), pair()];
    put("a", pemOf(before.publicKey));
    const isSigned = opened();
    expect(isSigned("a", before)).toBe(true);
    put("a", pemOf(after.publicKey).slice(0, 60));

    nowMs += RELISTED_MS;
    expect([isSigned("a", before), isSigned("a", after)]).toEqual([false, false]);
    put("a", pemOf(after.publicKey));
    nowMs += 1_000;
    expect([isSigned("a", before), isSigned("a", after)]).toEqual([false, true]);
  });

  it("keeps the earlier keys while the folder cannot be read, and says so once", () => {
    const [own, added] = [pair(), pair()];
    put("a", pemOf(own.publicKey));
    const isSigned = opened();
    expect(isSigned("a", own)).toBe(true);
    renameSync(folder, `${folder}-away`);

    for (let times = 0; times < 3; times++) {
      nowMs += RELISTED_MS;
      expect([isSigned("a", own), isSigned("b", added)]).toEqual([true, null]);
    }
    expect(listings).toEqual([`Cannot read the folder of keys "${folder}": there is no such file or folder (ENOENT)`]);

    renameSync(`${folder}-away`, folder);
    put("b", pemOf(added.publicKey));
    nowMs += RELISTED_MS;
    expect([isSigned("a", own), isSigned("b", added)]).toEqual([true, true]);
    expect(listings).toEqual([listings[0], null]);
  });

  it("keeps a key that was read before while its file cannot be read, and refuses one that never was read", () => {
    const [own, other] = [pair(), pair()];
    put("a", pemOf(own.publicKey));
    put("b", pemOf(other.publicKey));
    const isSigned = opened();
    expect(isSigned("a", own)).toBe(true);
    nowMs += RELISTED_MS;
    expect(isSigned("c", own)).toBeNull();
    // After the listing that "a" has still to be read for.
    renameSync(folder, `${folder}-away`);
    expect([isSigned("a", own), isSigned("a", other), isSigned("b", other)]).toEqual([true, false, false]);
    nowMs += RELISTED_MS;
    expect([isSigned("a", own), isSigned("b", other)]).toEqual([true, false]);

    renameSync(`${folder}-away`, folder);
    expect(isSigned("b", other)).toBe(true);
  });

  it("says so once while a file cannot be read, and keeps the key that was read from it before", () => {
    const [own, other] = [pair(), pair()];
    put("a", pemOf(own.publicKey));
    put("b", pemOf(other.publicKey));
    const isSigned = opened();
    expect(isSigned("a", own)).toBe(true);
    for (const name of ["a.pem", "b.pem"]) {
      rmSync(join(folder, name));
      mkdirSync(join(folder, name));
    }

    for (let times = 0; times < 3; times++) {
      nowMs += RELISTED_MS;
      expect([isSigned("a", own), isSigned("b", other)]).toEqual([true, false]);
    }
    expect(listings).toEqual([expect.stringContaining(`Cannot read the key "${join(folder, "a.pem")}": `)]);

    for (const name of ["a.pem", "b.pem"]) rmSync(join(folder, name), { recursive: true });
    put("a", pemOf(other.publicKey));
    nowMs += RELISTED_MS;
    expect([isSigned("a", own), isSigned("a", other), isSigned("b", other)]).toEqual([false, true, null]);
    expect(listings).toEqual([listings[0], null]);
  });

  it("throws when the folder cannot be read at the start", () => {
    rmSync(folder, { recursive: true });
    expect(opened).toThrow(`Cannot read the folder of keys "${folder}"`);
  });
});
