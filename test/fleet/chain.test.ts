import { generateKeyPairSync } from "node:crypto";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ed25519Signer, ed25519Verifier, sha256 } from "../../src/adapters/seals.js";
import { verify as command } from "../../src/commands/verify.js";
import { verifyChain } from "../../src/fleet/chain.js";
import { encodeReport } from "../../src/report/encode.js";
import { heartbeat, type Report } from "../../src/report/report.js";
import { memoryStore, someOutbox } from "../outbox/builders.js";
import { someFinding, someReport, unnumbered } from "../report/builders.js";

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
const check = (reports: readonly Report[]) => verifyChain(reports, sha256, ed25519Verifier(publicKey));

async function run(...args: readonly string[]) {
  let out = "";
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: () => {},
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
      reports: 8,
      links: 2,
      signed: 4,
      cut: 0,
      gaps: [{ thing: "line-4-camera-2", epoch: "e", fromSequence: 3, toSequence: 3, named: true }],
      faults: [],
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

  it("finds a report that was taken out, and one that was put in", () => {
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
});

describe("packdrift verify", () => {
  it("checks saved messages, split ones and one a line, with the public key", async () => {
    const messages = someChain().flatMap((report) => encodeReport(report, 7_000));
    const path = file("messages.jsonl", `${messages.join("\n")}\n`);

    const { code, out } = await run("--key", join(folder, "public.pem"), path);

    expect(messages.length).toBeGreaterThan(4);
    expect(out).toBe(
      "gap, named  line-4-camera-2 e.3\n4 reports of 1 things, 2 links checked, 4 signatures good, 0 shortened (cannot be checked)\nNothing was changed.\n",
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

  it("ends with 1 on what is no report, with 2 when there is nothing to check, with 3 on wrong use", async () => {
    expect((await run(file("rubbish", "{}\nrubbish\n"))).code).toBe(1);
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
});

describe("ed25519Signer", () => {
  it("is null where there is no key, and refuses one that others may read or that is none, without quoting it", () => {
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
