import { chmodSync } from "node:fs";
import { join } from "node:path";
import { detectFacts } from "../../../src/device/detect.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { summarize } from "../../../src/device/summary.js";
import { fleetQuestions } from "../../../src/fleet/state/fleet-questions.js";
import type { Row } from "../../../src/fleet/store/database.js";
import { type FleetStore, openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { openEngine } from "../../../src/fleet/store/sqlite-engine.js";
import { encodeReport } from "../../../src/report/encode.js";
import {
  complete,
  drifted,
  heartbeat,
  messageOf,
  minute,
  someDevice,
  someFinding,
  textMessage,
} from "./fleet-messages.js";
import { insertion } from "./insertion.js";

const HOSTS = join(import.meta.dirname, "../../hosts");
/** Texts that engines could sort, escape or encode each in its own way. */
const THINGS = ["box-1", "Box-2", "box_3", "box:4", "box-10"];
const ODD = `ü \u{1F4E6} \uFB01 '"\\ {a,b} $1`;

/** Fills an empty store so that every table has rows, always the same. */
export async function fill(store: FleetStore): Promise<void> {
  const facts = summarize(detectFacts(linuxHost(join(HOSTS, "agx-xavier-jp45")), []));
  const after = { ...someDevice, l4t: "35.3.1", jetpack: "5.1.1", product: ODD };
  const of = (thing: string) => [
    [messageOf(complete({ thing })), textMessage(`dt/packdrift/v1/${thing}/facts`, { thing, facts }, minute(5))],
    [messageOf(drifted({ thing, sequence: 2, device: after })), messageOf(heartbeat({ thing, sequence: 3 }))],
    [messageOf(complete({ thing, sequence: 4, device: after })), messageOf(heartbeat({ thing, sequence: 4 }))],
    [messageOf(complete({ thing, sequence: 7, gaps: [{ fromSequence: 5, toSequence: 5, count: 1 }] }))],
    [messageOf(drifted({ thing, epoch: "e2", checkedAt: minute(20) }))],
    [textMessage(`dt/packdrift/v1/${thing}/status`, { status: "online" }, minute(21))],
  ];
  for (const thing of THINGS) for (const batch of of(thing)) await store.ingest(batch);
  const findings = ["a", "b", "c"].map((actual) => someFinding({ actual, because: ODD.repeat(30) }));
  const [part = ""] = encodeReport(drifted({ sequence: 8, findings }), 3_000);
  await store.ingest([
    textMessage("dt/packdrift/v1/box-1/report", part, minute(22)),
    textMessage("dt/packdrift/v1/box-1/report", `{ "odd": "${ODD}`, minute(23)),
  ]);
  await store.acknowledged([{ thing: "box-1", epoch: "e1", sequence: 4 }]);
  await store.write(Object.entries(ROWS).flatMap(([table, rows]) => rows.map((row) => insertion(table, row))));
}

/**
 * Makes a filled file that nobody has open: where Node.js has no SQLite of its own, a connection that was closed holds its locks
 * until its statements are collected as garbage.
 */
export async function filledFile(file: string, more: (store: FleetStore) => Promise<unknown> = async () => {}) {
  const making = `${file}.making`;
  const store = await openSqlite(making);
  await fill(store);
  await more(store);
  await store.close();
  const engine = openEngine(making);
  engine.exec(`VACUUM INTO '${file}'`);
  engine.close();
  chmodSync(file, 0o600);
}

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  request: [
    {
      id: "r1",
      command: "check",
      filter: `{"q":${JSON.stringify(ODD)}}`,
      asked_by: "kim",
      asked_at: minute(30),
      things: 2,
      ends_at: minute(40),
    },
  ],
  request_thing: [
    { id: "r1", thing: "box-1", status: "DONE", sent_at: minute(30), answered_at: minute(31), answer: ODD },
    { id: "r1", thing: "box-10", status: "WAITING", sent_at: null, answered_at: null, answer: null },
  ],
  alarm: [
    {
      id: "a1",
      kind: "cause",
      subject: "c",
      severity: "BLOCKING",
      status: "ACTIVE",
      first_at: minute(2),
      last_at: minute(30),
      cleared_at: null,
      things: 5,
      most: 5,
      times: 1,
      acknowledged_by: null,
      acknowledged_at: null,
      details: JSON.stringify({ rule: "compiler.trt-ver", text: ODD }),
    },
  ],
  silence: [{ id: "s1", matcher: "{}", reason: ODD, made_by: "kim", made_at: minute(30), ends_at: minute(90) }],
  notice: [{ id: "n1", url_key: "u", body: "{}", made_at: minute(30), next_at: minute(31), tries: 2, error: ODD }],
};

/** What the pages and the API answer about a store at minute 60, all of it. */
export async function answersOf(store: FleetStore): Promise<Readonly<Record<string, unknown>>> {
  const now = () => Date.parse(minute(60));
  const ask = fleetQuestions(store, { jobs: () => [], now, heartbeatHours: 24, unpack: store.unpack });
  const all = { limit: 1_000 };
  const { items: things } = await ask.things({}, all);
  const { items: causes } = await ask.causes({}, all);
  const each = async <T, R>(items: readonly T[], one: (item: T) => Promise<R>) => {
    const answers: R[] = [];
    for (const item of items) answers.push(await one(item));
    return answers;
  };
  const histories = await each(things, (thing) => ask.history(thing, all));
  return {
    summary: await ask.summary(),
    before: await ask.summary(minute(3)),
    trend: await ask.trend(minute(0), minute(60), 7),
    delivery: await ask.delivery(),
    devices: await ask.devices({}, all),
    device: await each(things, (thing) => ask.device(thing)),
    deviceBefore: await each(things, (thing) => ask.device(thing, minute(3))),
    histories,
    reports: await each(things, (thing) => ask.report(thing, "e1", 2)),
    causes,
    cause: await each(causes, ({ cause }) => ask.cause(cause)),
    jobs: await ask.jobs(all),
    job: await ask.job("bolts", "job-1"),
    whatIf: await ask.whatIf({ jetpack: "5.1.1" }, {}),
    rejudge: await ask.rejudge({}),
    gaps: await ask.gaps(all),
    refused: await ask.refused(all),
    requests: await ask.requests(all),
    answers: await ask.answers("r1", all),
    alarms: await store.all("SELECT * FROM alarm ORDER BY id"),
    silences: await store.all("SELECT * FROM silence ORDER BY id"),
    notices: await store.all("SELECT * FROM notice ORDER BY id"),
    toAcknowledge: (await store.toAcknowledge(100))
      .map(({ thing, epoch, sequence }) => `${thing} ${epoch} ${sequence}`)
      .sort(),
  };
}
