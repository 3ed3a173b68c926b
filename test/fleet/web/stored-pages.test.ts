import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { summarize } from "../../../src/device/summary.js";
import type { RuleId } from "../../../src/drift/finding.js";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";
import type { Cause, DeviceItem, Paged, RequestAnswer, RequestView } from "../../../src/fleet/state/views.js";
import { FILTER_KEYS } from "../../../src/fleet/web/routes/api-routes.js";
import { parseJob } from "../../../src/job/parse-job.js";
import type { CompleteReport } from "../../../src/report/report.js";
import { until } from "../../until.js";
import { complete, messageOf, minute, START, someDevice, someFinding, textMessage } from "../store/fleet-messages.js";
import { type StoredFleet, storedFleet } from "./stored-fleet.js";

const TOP = join(import.meta.dirname, "../../..");
const HOUR_MS = 3_600_000;
/** Longer than an answer is remembered. */
const A_WHILE_MS = 5_000;
const NOW = START + 100 * HOUR_MS;
const LONGEST_THING = `${"機".repeat(127)} `;
/** Both of 256 characters, of which JSON and addresses make many more. */
const LONGEST_JOB = { project: '"'.repeat(256), name: `${"検".repeat(255)} ` };
const JOBS = [{ project: "bolts", name: "job-1" }, { project: "gears", name: " b " }, LONGEST_JOB];
const OF_LONGEST_JOB = new URLSearchParams({ job: `${LONGEST_JOB.project}/${LONGEST_JOB.name}` });
const THINGS = ["a", "a ", " ", "\u{1f600}", "\uff01", "nano", "quiet", LONGEST_THING];

const heard = (thing: string) => new Date(thing === "quiet" ? START : NOW - 60_000).toISOString();
const described = JSON.parse(readFileSync(join(TOP, "src/lab/jobs/arm64-nvidia-sm72.json"), "utf8")) as unknown;
const facts = summarize(detectFacts(linuxHost(join(TOP, "test/hosts/agx-xavier-jp461")), []));
const wontRun = { drift: "DRIFTED", runnable: "WILL_NOT_RUN" } as const;
/** What a thing says of its first job, when all is not well there. */
const FIRST_JOB: Readonly<Record<string, Partial<CompleteReport>>> = {
  "a ": { ...wontRun, findings: [someFinding()] },
  nano: {
    device: { ...someDevice, product: "Nano" },
    findings: [someFinding({ rule: "constructor" as RuleId, severity: "WARNING" })],
  },
};
const rejected = (topic: string, text = "{") => textMessage(`dt/packdrift/v1/${topic}`, text, heard("a"));

/** What a thing has sent: its reports about every job, one of which is missing, and its facts. */
function messagesOf(thing: string, at: number): readonly ReceivedMessage[] {
  const { job } = complete();
  const report = (sequence: number, parts: Partial<CompleteReport>) =>
    messageOf(complete({ thing, sequence, checkedAt: minute(0), ...parts }), heard(thing));
  const about = (named: (typeof JOBS)[number]) => ({ job: { ...job, ...named } });
  return [
    report(1, FIRST_JOB[thing] ?? {}),
    report(2, { ...about(JOBS[2] ?? LONGEST_JOB), ...wontRun, findings: [someFinding({ actual: `8.${at}` })] }),
    ...(thing === "a" ? [report(3, { ...about({ project: "gears", name: " b " }) })] : []),
    report(5, FIRST_JOB[thing] ?? {}),
    textMessage(`dt/packdrift/v1/${thing}/facts`, { thing, facts }, heard(thing)),
  ];
}

describe("a fleet's pages over its store", () => {
  let fleet: StoredFleet;
  const request = async (path: string, init: RequestInit = {}) => {
    fleet.pass(A_WHILE_MS);
    const response = await fetch(new URL(path, fleet.url), { redirect: "manual", ...init });
    return { status: response.status, text: await response.text() };
  };
  const get = async <T>(path: string): Promise<T> => {
    const { status, text } = await request(path);
    expect([path, status]).toEqual([path, 200]);
    return JSON.parse(text) as T;
  };
  const post = async (path: string, content: object) => {
    const headers = { "content-type": "application/json", origin: new URL(fleet.url).origin };
    const { status, text } = await request(path, { method: "POST", headers, body: JSON.stringify(content) });
    expect([path, status, text]).toEqual([path, expect.toSatisfy((one) => one < 300), text]);
    return JSON.parse(text) as { readonly id: string };
  };
  beforeAll(async () => {
    const description = parseJob(described);
    fleet = await storedFleet(
      NOW,
      JOBS.map(({ project, name }) => ({ project, job: name, description })),
    );
    await fleet.deliver(THINGS.flatMap(messagesOf));
    const broken = ["a/report", "b/status", "c/facts", "a/unknown"].map((topic) => rejected(topic));
    await fleet.deliver([...broken, rejected("a/facts", "{}"), rejected("a/status", "{}")]);
    for (const reason of ["one", "two", "three"]) {
      const endsAt = new Date(NOW + HOUR_MS).toISOString();
      await post("/api/silences", { matcher: { rule: "compiler.trt-ver" }, reason, endsAt });
      await post("/api/requests", { command: "flush", filter: {} });
    }
  });
  afterAll(() => fleet.stop());

  it("narrow the list of devices, its export, a request and the causes by every member of a filter", async () => {
    const { items: all } = await get<Paged<Cause>>("/api/causes");
    const [shared] = all.filter(({ first }) => first.includes("a ") && first.length === 1);
    const wanted: Readonly<Record<string, readonly [value: string, things: readonly string[]]>> = {
      thing: ["a ", ["a "]],
      drift: ["DRIFTED", THINGS],
      runnable: ["WILL_NOT_RUN", THINGS],
      rule: ["compiler.trt-ver", THINGS],
      job: ["gears/ b ", ["a"]],
      q: ["nano", ["nano"]],
      state: ["silent", ["quiet"]],
      cause: [shared?.cause ?? "", ["a "]],
    };
    expect(Object.keys(wanted).sort()).toEqual([...FILTER_KEYS].sort());
    // One that neither of these selects.
    await fleet.deliver([messageOf(complete({ thing: "well", checkedAt: minute(0) }), heard("well"))]);

    for (const [key, [value, things]] of Object.entries(wanted)) {
      const query = new URLSearchParams({ [key]: value }).toString();
      const names = [...things].sort();
      const { items } = await get<Paged<DeviceItem>>(`/api/devices?${query}`);
      expect([key, items.map(({ thing }) => thing).sort()]).toEqual([key, names]);
      const rows = (await request(`/api/devices.ndjson?${query}`)).text.trim().split("\n");
      expect(rows.map((row) => (JSON.parse(row) as DeviceItem).thing).sort()).toEqual(names);
      expect((await request(`/devices?${query}`)).text).not.toContain("<bdi>well</bdi>");

      const { id } = await post("/api/requests", { command: "check", filter: { [key]: value } });
      const answers = await get<Paged<RequestAnswer>>(`/api/requests/${id}/answers`);
      expect([key, answers.items.map(({ thing }) => thing).sort()]).toEqual([key, names]);

      const causes = await get<Paged<Cause>>(`/api/causes?${query}`);
      const having = new Set(causes.items.flatMap(({ first }) => first));
      expect([key, [...having].filter((thing) => !things.includes(thing))]).toEqual([key, []]);
      expect([key, having.size > 0]).toEqual([key, key !== "job"]);
    }
  });

  it("send a request only to the device whose page has the button", async () => {
    const { text } = await request(`/devices/${encodeURIComponent("a ")}`);
    const [form = ""] = text.match(/<form class="ask"(?:(?!<\/form>).)*Check it now/s) ?? [];
    const body = new URLSearchParams();
    for (const [, name = "", value = ""] of form.matchAll(/name="([^"]+)" value="([^"]*)"/g)) body.set(name, value);
    const before = fleet.sent.length;

    const { status } = await request("/requests", {
      ...{ method: "POST", body, headers: { origin: new URL(fleet.url).origin } },
    });
    expect(status).toBe(303);

    const { items } = await get<Paged<RequestView>>("/api/requests?limit=1");
    expect(items).toMatchObject([{ command: "check", filter: { thing: "a " }, asked: 1 }]);
    await until(() => fleet.sent.slice(before).includes("cmd/packdrift/v1/a /check/req"));
  });

  it("keep their filter from page to page, also through their forms", async () => {
    for (const path of ["/devices?thing=nano&state=fresh", "/what-if?thing=nano&jetpack=5.1.1"]) {
      expect((await request(path)).text).toContain('<input type="hidden" name="thing" value="nano">');
    }
  });

  it("show an invented rule of a device unchanged", async () => {
    const { items } = await get<Paged<Cause>>("/api/causes?thing=nano");
    const cause = items.find(({ rule }) => String(rule) === "constructor")?.cause ?? "";
    for (const path of [`/devices?cause=${cause}`, "/devices/nano", "/causes", `/causes/${cause}`]) {
      const { text } = await request(path);
      expect([path, text.includes("constructor"), text.includes("function ")]).toEqual([path, true, false]);
    }
  });

  const device = `devices/${encodeURIComponent("a ")}`;
  it.each([
    ["devices", "devices", THINGS.length],
    ["devices of a state", "devices?state=fresh", THINGS.length - 1],
    ["devices of a verdict", "devices?drift=DRIFTED", THINGS.length],
    ["devices of the longest job", `devices?${OF_LONGEST_JOB}`, THINGS.length],
    ["devices of a rule", "devices?rule=compiler.trt-ver", THINGS.length],
    ["causes", "causes", THINGS.length],
    ["jobs", "jobs", JOBS.length],
    ["gaps", "gaps", THINGS.length],
    ["requests", "requests", 3],
    ["history", `${device}/history`, 4],
    ["jobs of a device", `${device}/jobs`, JOBS.length],
    ["what a change stops", "what-if/pairs?jetpack=5.1.1", THINGS.length],
    ["what is judged otherwise", "rejudged/differs", 2],
    ["refused messages", "refused", 3],
    ["silences", "silences", 3],
    ["alarms", "alarms", 0],
  ])("show each row of the list of %s once, page by page", async (_, path, least) => {
    const join = path.includes("?") ? "&" : "?";
    const whole = await get<Paged<object>>(`/api/${path}${join}limit=1000`);
    expect(whole.items.length).toBeGreaterThanOrEqual(least);
    const found: object[] = [];
    for (let after: string | null = ""; after !== null; ) {
      const rest: string = after === "" ? "" : `&${new URLSearchParams({ after })}`;
      const page: Paged<object> = await get(`/api/${path}${join}limit=1${rest}`);
      found.push(...page.items);
      expect(found.length).toBeLessThanOrEqual(whole.items.length);
      after = page.next;
    }
    expect(found).toEqual(whole.items);
    const [name = "", query = ""] = path.split("?");
    const exported = await request(`/api/${name}.ndjson?${query}`);
    expect(exported.text.split("\n").filter(Boolean)).toHaveLength(whole.items.length);
  });

  it("link from page to page to the end of every list, and no link is refused", async () => {
    for (const path of ["/devices", "/causes", "/jobs", "/requests", "/delivery", `/${device}`, `/${device}/jobs`]) {
      let pages = 0;
      for (let address = `${path}?limit=1`; address !== ""; pages++) {
        const { status, text } = await request(address);
        expect([address, status, pages < 100]).toEqual([address, 200, true]);
        address = (/href="([^"]+)" rel="next"/.exec(text)?.[1] ?? "").replaceAll("&amp;", "&");
      }
      expect([path, pages > 2]).toEqual([path, true]);
    }
  });
});

it("calls no device healthy that has only said that it is online", async () => {
  const fleet = await storedFleet(NOW);
  const status = { schema: "packdrift.status/1", thing: "a", online: true };
  await fleet.deliver([textMessage("dt/packdrift/v1/a/status", status, heard("a"))]);

  fleet.pass(A_WHILE_MS);
  const page = await (await fetch(fleet.url)).text();
  await fleet.stop();
  expect(page).toContain("The one device here has not reported yet.");
  expect(page).not.toContain("Nothing differs");
});

describe("the pages of a small fleet", () => {
  const { job } = complete();
  const [atNow, before] = [new Date(NOW - 60_000).toISOString(), new Date(NOW - 30 * HOUR_MS).toISOString()];
  const opened: StoredFleet[] = [];
  afterEach(async () => {
    for (const fleet of opened.splice(0)) await fleet.stop();
  });

  async function pagesOf(...messages: readonly ReceivedMessage[]) {
    const fleet = await storedFleet(NOW);
    opened.push(fleet);
    await fleet.deliver(messages);
    return async (path: string) => {
      fleet.pass(A_WHILE_MS);
      // As a browser does, which resolves dots.
      const response = await fetch(new URL(path, fleet.url));
      return { path, status: response.status, text: await response.text() };
    };
  }
  /** The addresses that the content of a page links to. */
  const linksIn = (page: string) => {
    const main = page.slice(page.indexOf("<main"), page.indexOf("</main>"));
    return [...main.matchAll(/ href="([^"#]+)"/g)].map(([, href = ""]) => href.replaceAll("&amp;", "&"));
  };
  const report = (parts: Partial<CompleteReport>, at: string) => messageOf(complete({ checkedAt: at, ...parts }), at);

  it("link to devices and jobs with any names, even dots", async () => {
    const named = { project: "-", name: ".." };
    const open = await pagesOf(
      ...[".", ".."].map((thing) =>
        report({ thing, ...wontRun, findings: [someFinding()], job: { ...job, ...named } }, atNow),
      ),
    );

    for (const page of ["/", "/devices", "/jobs", "/causes"]) {
      for (const link of linksIn((await open(page)).text)) expect(await open(link)).toMatchObject({ status: 200 });
    }
    expect((await open("/api/devices/~..")).text).toContain('"thing":".."');
  });

  it("stay in the past that they show", async () => {
    const open = await pagesOf(
      report({ thing: "a", ...wontRun, findings: [someFinding()] }, before),
      report({ thing: "a", sequence: 2 }, atNow),
    );
    const at = `at=${encodeURIComponent(new Date(NOW - 20 * HOUR_MS).toISOString())}`;
    const isPast = (link: string) =>
      /^\/($|\?|devices|causes|jobs)/.test(link) && !/^\/devices\/a\/|\/api\//.test(link);
    const [cause = ""] = /\/causes\/[\w-]+/.exec((await open(`/causes?${at}`)).text) ?? [];

    for (const path of [
      "/",
      "/devices",
      "/devices?q=none",
      "/causes",
      cause,
      "/jobs",
      "/devices/a",
      "/jobs/bolts/job-1",
    ]) {
      const { status, text } = await open(`${path}${path.includes("?") ? "&" : "?"}${at}`);
      expect([path, status, linksIn(text).filter((link) => isPast(link) && !link.includes(at))]).toEqual([
        path,
        200,
        [],
      ]);
    }
    expect((await open(`/devices/a?${at}`)).text).toContain("for 10 h");
    expect((await open(`/jobs/bolts/job-1?${at}`)).text).not.toContain("Its description is not here");
  });

  it("say which devices could not be compared, and list them", async () => {
    const open = await pagesOf(
      report({ thing: "idle", drift: "NOT_CHECKED", runnable: "CANNOT_TELL" }, atNow),
      report({ thing: "well" }, atNow),
    );
    const { text } = await open("/");

    expect(text).toContain(
      '1 device could not be compared yet: <a href="/devices?drift=NOT_CHECKED">1 not checked</a>.',
    );
    expect((await open("/devices?drift=NOT_CHECKED")).text).toContain("idle");
  });

  it("do not say that nothing would change when no device has sent its facts", async () => {
    const open = await pagesOf(report({ thing: "a" }, atNow));

    expect((await open("/what-if?jetpack=5.1.1")).text).toContain(
      "With JetPack 5.1.1 on 1 device, nothing can be told.",
    );
  });
});
