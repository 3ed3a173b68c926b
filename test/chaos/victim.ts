// A process that makes and delivers reports until it kills itself between two system calls, or in the middle of a write.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { crc32 } from "node:zlib";
import { openOutbox } from "../../src/outbox/outbox.js";
import { segmentFolder } from "../../src/outbox/segment-folder.js";
import { sha256 } from "../../src/platform/seals.js";
import { heartbeat } from "../../src/report/make-report.js";
import { firstOf } from "../outbox/builders.js";
import { someReport, unnumbered } from "../report/builders.js";
import { seal } from "./ledger.js";

const [folder = "", callsText = "0", seedText = "0", ackText = "null"] = process.argv.slice(2);
/** 0: it lives, and delivers all that waits. */
let calls = Number(callsText);
let state = Number(seedText) + 1;
const random = () => {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
};

const say = fs.writeSync.bind(fs);
const CALLS = [
  "openSync",
  "closeSync",
  "writeSync",
  "fsyncSync",
  "fstatSync",
  "mkdirSync",
  "rmSync",
  "renameSync",
  "ftruncateSync",
  "readdirSync",
  "readSync",
] as const;
const patched = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
for (const name of CALLS) {
  const real = patched[name] as (...args: unknown[]) => unknown;
  patched[name] = (...args) => {
    calls -= 1;
    if (calls === 0) {
      // A kill in the middle of a write leaves its beginning.
      if (name === "writeSync") real(args[0], args[1], args[2], Math.floor(random() * Number(args[3])), args[4]);
      process.kill(process.pid, "SIGKILL");
    }
    return real(...args);
  };
}
syncBuiltinESMExports();

const outbox = openOutbox({
  store: segmentFolder(folder),
  maxBytes: () => 131_072,
  newEpoch: () => `e${process.pid}`,
  now: () => ({ wallMs: Date.now(), boot: "b", bootMs: performance.now() }),
  digest: sha256,
  checksum: crc32,
  sign: () => null,
  onProblem: (what) => void say(1, `P ${what}\n`),
});
const ack = JSON.parse(ackText) as { epoch: string; sequence: number } | null;
if (ack !== null) outbox.acknowledge(ack.sequence, ack.epoch);

function deliverFirst(): boolean {
  const report = firstOf(outbox);
  if (report === null) return false;
  say(1, `D ${JSON.stringify(report)}\n`);
  outbox.delivered(report.id);
  return true;
}

const living = calls === 0;
for (let n = 0; living ? n < 1 : n < 1_000; n++) {
  // A check of several jobs makes several at a time.
  const reports = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const job = { ...someReport().job, name: `job-${Math.floor(random() * 3)}` };
    const report = unnumbered(someReport({ job, matches: [], checkedAt: new Date().toISOString() }));
    return random() < 0.5 ? heartbeat(report) : report;
  });
  const made = outbox.addAll(reports);
  say(1, made.map((each) => `M ${each.id} ${seal(each)}\n`).join(""));
  for (let times = Math.floor(random() * 5); times > 0; times--) deliverFirst();
}
while (deliverFirst());
