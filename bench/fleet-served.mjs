// What a person and a device get of the built fleet on a full store: its pages over HTTP while reports come in over MQTT, how long its
// start takes, and its memory. Each of them is a process of its own: mosquitto, `packdrift fleet`, and this one, which is the devices.
//   node bench/fleet-served.mjs [--things 100000] [--seconds 60] [--rate 1000] [--keep FILE] [--json FILE]
// Wanted: p95 under 50 ms at 100,000 things and under 250 ms at a million, what if over 100,000 under 2 s, memory under 400 MB, start
// under 2 s. A store of a million (`--things 1000000 --keep FILE`) is filled in a few minutes, once, and takes 4 GB.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readAnswers, startLoad } from "../dist/lab.mjs";
import { TOP } from "../scripts/build/paths.mjs";
import { filledStore, fleetCode, PREFIX, thingName } from "./fleet-fixture.mjs";
import { quantile, startFleet, startMosquitto, until, wait } from "./fleet-parts.mjs";

const { values } = parseArgs({
  options: {
    things: { type: "string", default: "100000" },
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "1000" },
    keep: { type: "string" },
    json: { type: "string" },
  },
});
const [things, seconds, rate] = ["things", "seconds", "rate"].map((name) => Number(values[name]));
const isMillion = things > 200_000;
const limitMs = isMillion ? 250 : 50;
const folder = mkdtempSync(join(tmpdir(), "packdrift-bench-served-"));
const closing = [() => rmSync(folder, { recursive: true, force: true })];
const jobs = join(TOP, "src/lab/jobs");
/** One of the first things of the load. */
const heard = thingName(100);

/** What people look at; each is asked in turn. */
const PAGES = {
  "first page": "/",
  "list, will not run": "/devices?runnable=WILL_NOT_RUN",
  "list, part of a name": "/devices?q=-0077",
  "list, rule and name": "/devices?rule=compiler.trt-ver&q=99",
  causes: "/causes",
  "a device and its history": `/devices/${heard}`,
};
const EVERY_MS = 200;
/** This many things report repeatedly while pages are requested: known things in known states, as on most days. */
const REPORTING = 5_000;

try {
  await measure();
} finally {
  for (const close of closing.reverse()) await close();
}
process.exit(0);

async function measure() {
  const file = values.keep ?? join(folder, "fleet.db");
  filledStore(file, things, Date.now(), await fleetCode()).close();
  const broker = await startMosquitto(folder, closing);
  const from = performance.now();
  const fleet = await startFleet(broker, file, closing, ["--jobs", jobs]);
  await ask(fleet.url, "/");
  const startMs = performance.now() - from;
  const answers = await readAnswers(jobs);
  const reporting = Math.min(things, REPORTING);
  const options = { brokerUrl: broker, things: reporting, reportsPerSecond: rate, answers, prefix: PREFIX };
  const load = await startLoad(options);
  closing.push(() => load.stop());
  await until("each has reported twice", () => load.counts().acknowledged >= 2 * reporting);
  const before = load.counts().acknowledged;
  load.takeLatencies();
  const began = performance.now();
  const times = await askInTurn(fleet.url);
  const stored = (load.counts().acknowledged - before) / ((performance.now() - began) / 1_000);
  const latencies = load.takeLatencies();
  const whatIf = isMillion ? null : await timed(() => ask(fleet.url, "/what-if?jetpack=5.1.1"));
  report({ startMs, times, stored, latencies, whatIf, rss: fleet.rss(), peak: fleet.peak() });
}

/** At fixed times, whether or not the answer before has come. */
async function askInTurn(url) {
  const times = Object.fromEntries(Object.keys(PAGES).map((title) => [title, []]));
  const titles = Object.keys(PAGES);
  const asking = [];
  const began = performance.now();
  for (let at = 0; at * EVERY_MS < seconds * 1_000; at++) {
    await wait(began + at * EVERY_MS - performance.now());
    const title = titles[at % titles.length];
    const asked = timed(() => ask(url, PAGES[title])).then((ms) => times[title].push(ms));
    // It fails the run below, where what was started is ended too.
    asked.catch(() => undefined);
    asking.push(asked);
  }
  await Promise.all(asking);
  return times;
}

async function ask(url, path) {
  const answer = await fetch(new URL(path, url));
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 200)}`);
}

async function timed(action) {
  const from = performance.now();
  await action();
  return performance.now() - from;
}

function report({ startMs, times, stored, latencies, whatIf, rss, peak }) {
  const rows = Object.entries(times).map(([title, all]) => {
    const [p50, p95, most] = [0.5, 0.95, 1].map((share) => quantile(all, share).toFixed(1));
    console.log(`${title}: p50 ${p50}, p95 ${p95}, most ${most} ms of ${all.length}`);
    return row(`${title}, p95 ms`, Number(p95), `under ${limitMs}`, p95 < limitMs);
  });
  const all = [
    ...rows,
    ...(whatIf === null
      ? []
      : [row("what if JetPack 5.1.1, all, ms", Math.round(whatIf), "under 2000", whatIf < 2_000)]),
    row("reports/s acknowledged meanwhile", Math.round(stored), `${rate}`, stored >= 0.95 * rate),
    row("report to acknowledgement meanwhile, p99 ms", Math.round(quantile(latencies, 0.99))),
    row("memory of the fleet's process (at most), MB", `${rss} (${peak})`, "under 400", rss < 400),
    row("start to the first page, ms", Math.round(startMs), "under 2000", startMs < 2_000),
  ];
  for (const { what, figure, wanted = "", met } of all) console.log(`${what}: ${figure} ${wanted} ${met ?? ""}`);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(all));
}

function row(what, figure, wanted, met) {
  return { what: `${things} things: ${what}`, figure, ...(wanted === undefined ? {} : { wanted, met }) };
}
