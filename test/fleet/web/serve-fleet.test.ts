import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { request as tlsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ReceiverStatus } from "../../../src/fleet/alarms/fleet-metrics.js";
import { REFUSAL_REASONS } from "../../../src/fleet/arrival.js";
import type { AlarmView } from "../../../src/fleet/state/views.js";
import { StoreError } from "../../../src/fleet/store/migrate.js";
import type { HttpService } from "../../../src/platform/http-server.js";
import { makeCertificates } from "../../chaos/certificates.js";
import { lacks } from "../../needed.js";
import { HOSTILE, NOW } from "./fake-devices.js";
import { type FakeFleet, fakeFleet } from "./fake-fleet.js";
import { serveFake } from "./serving.js";

const services: HttpService[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function serve(fleet: FakeFleet, serving: Parameters<typeof serveFake>[1] = {}): Promise<string> {
  const service = await serveFake(fleet, serving);
  services.push(service);
  return service.url;
}

/** What a reader sees of markup. */
const textIn = (markup: string) =>
  markup
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+(?=[.,])|\s+$|^\s+/g, "")
    .replace(/\s+/g, " ");

interface Got {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** A request with exactly these headers: fetch would not send a foreign Host. */
function send(
  url: string,
  {
    method = "GET",
    headers = {},
    body,
    ca,
  }: { method?: string; headers?: Record<string, string>; body?: string; ca?: Buffer } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, ...(ca !== undefined && { ca }) };
    const sent = (ca === undefined ? request : tlsRequest)(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const json = (value: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});
const form = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded", origin: url, ...headers },
  body: new URLSearchParams(fields).toString(),
});

const PAGES = [
  "/",
  "/devices",
  "/causes",
  "/jobs",
  "/jobs/gear-teeth/inspection-a",
  "/jobs/gear-teeth/inspection-a/devices",
  "/what-if?jetpack=5.1.2",
  "/what-if",
  "/requests",
  "/alarms",
  "/delivery",
  "/devices/line-1-cam-01",
  "/devices/line-1-cam-01/jobs",
  "/devices/line-1-cam-01/report?epoch=k3v9x2&sequence=118",
  "/?at=2026-11-20T10:00:00Z",
];

/** Its questions, of a fleet that has refused a message for every reason. */
async function withEveryRefusal({ questions }: ReturnType<typeof fakeFleet>) {
  const delivery = await questions.delivery();
  const about = { count: 1, lastAt: "", topic: "t", why: "w", sample: "" };
  const refused = REFUSAL_REASONS.map((reason) => ({ reason, ...about }));
  return { ...questions, delivery: async () => ({ ...delivery, refused }) };
}

describe("serveFleet", () => {
  it.each(PAGES)("shows %s with nothing inline and nothing from elsewhere", async (path) => {
    const errors: unknown[] = [];
    const url = await serve(fakeFleet(200), { errors });

    const { status, headers, body } = await send(url + path);

    expect([status, errors]).toEqual([200, []]);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
    expect(body).not.toMatch(
      /<script(?! src="\/assets\/)|<style|\sstyle=|\son[a-z]+=|javascript:|(?:src|href)="(?:https?:)?\/\//i,
    );
  });

  it.each(PAGES)("shows %s of an empty fleet, saying what to do next", async (path) => {
    const errors: unknown[] = [];
    const url = await serve(fakeFleet(0), { errors });

    expect([200, 404]).toContain((await send(url + path)).status);
    expect(errors).toEqual([]);
    expect((await send(url)).body).toContain("No device has reported yet.");
  });

  it("shows the first page without the history until the history is counted", async () => {
    const { questions, ...fleet } = fakeFleet(200);
    let counted = (): void => {};
    const counting = new Promise<void>((resolve) => {
      counted = resolve;
    });
    const trend: typeof questions.trend = async (...asked) => {
      await counting;
      return questions.trend(...asked);
    };
    const url = await serve({ ...fleet, questions: { ...questions, trend } });

    const before = await send(url);
    counted();
    const after = await send(url);

    expect([before.status, before.body.includes("The history is being counted")]).toEqual([200, true]);
    expect(after.body).not.toContain("The history is being counted");
  });

  it("escapes every text from a device", async () => {
    const fleet = fakeFleet(24, "hostile");
    const url = await serve(fleet);
    const { items } = await fleet.questions.devices({}, { limit: 50 });
    const paths = [
      "/",
      "/devices",
      "/causes",
      "/jobs",
      "/alarms",
      ...items.map(({ thing }) => `/devices/${encodeURIComponent(thing)}`),
    ];

    for (const path of paths) {
      const { status, body } = await send(url + path);
      expect([path, status]).toEqual([path, 200]);
      for (const text of HOSTILE.filter((each) => /[<"]/.test(each))) expect(body).not.toContain(text);
      expect(body).not.toMatch(/[\u202e\u200b]/);
    }
  });

  it("says how the receiver is doing on the delivery page, and in the API", async () => {
    const fleet = fakeFleet(3);
    const since = new Date(NOW - 3_600_000).toISOString();
    const told = async (receiver: ReceiverStatus) => {
      const url = await serve(fleet, { parts: { receiver: () => receiver } });
      expect(JSON.parse((await send(`${url}/api/receiver`)).body)).toEqual(receiver);
      const { body } = await send(`${url}/delivery`);
      return textIn(/<section id="receiver".*?<\/section>/s.exec(body)?.[0] ?? "");
    };
    const calm = { connected: true, since, queued: 0, lagSeconds: 0, deferred: 0, stuck: false };

    expect(await told(calm)).toMatch(/^Receiver Connected since \S+\. Everything received is stored\.$/);
    expect(await told({ ...calm, connected: false, queued: 1_372, lagSeconds: 2.4, deferred: 1 })).toMatch(
      /^Receiver Not connected since \S+\. 1,372 messages wait to be stored, the oldest for 2 seconds\. 1 message was left to the broker, because too many waited\. It delivers them again; none is lost\.$/,
    );
    expect(await told({ ...calm, stuck: true, queued: 1 })).toMatch(
      /^Receiver Nothing can be stored now, and nothing is acknowledged until it can: .*1 message waits to be stored/,
    );
    expect(await told({ ...calm, connected: null })).toBe("Receiver This process receives from no broker.");
  });

  it("shows on a device's page where the chain of its reports is broken, if it is", async () => {
    const fleet = fakeFleet(3);
    const things = (await fleet.questions.devices({}, { limit: 10 })).items.map(({ thing }) => thing);
    const url = await serve(fleet);
    const pages = await Promise.all(things.map(async (thing) => (await send(`${url}/devices/${thing}`)).body));
    const broken = pages.filter((body) => body.includes('class="chain"'));

    expect([pages.length, broken.length]).toEqual([3, 1]);
    expect(textIn(broken[0] ?? "")).toMatch(/1 report does not continue the report before : .* k3v9x2\.117/);
    expect(broken[0]).toContain("/report?epoch=k3v9x2&amp;sequence=117");
  });

  it("says on the overview when nothing is stored or received, but not on an overview of the past", async () => {
    const since = new Date(NOW - 3_600_000).toISOString();
    const calm = { connected: true, since, queued: 0, lagSeconds: 0, deferred: 0, stuck: false };
    const banner = async (receiver: ReceiverStatus, count = 3, path = "/") => {
      const url = await serve(fakeFleet(count), { parts: { receiver: () => receiver } });
      return textIn(/<div class="trouble".*?<\/div>/s.exec((await send(`${url}${path}`)).body)?.[0] ?? "none");
    };
    const stuck = { ...calm, stuck: true, queued: 12 };

    expect(await banner(calm)).toBe("");
    for (const count of [0, 3])
      expect(await banner(stuck, count)).toMatch(/^Nothing can be stored now.* 12 messages wait\./);
    expect(await banner({ ...calm, connected: false })).toMatch(
      /^Not connected to the broker since \S+\. Nothing is received/,
    );
    expect(await banner({ ...calm, connected: null })).toBe("");
    expect(await banner(stuck, 3, `/?at=${since}`)).toBe("");
  });

  it("shows what a device's doctor found and what to do, on its page and in the API", async () => {
    const fleet = fakeFleet(200);
    const url = await serve(fleet);
    const { body } = await send(`${url}/devices/line-1-cam-01`);
    const section = /<section id="doctor".*?<\/section>/s.exec(body)?.[0] ?? "";

    expect(textIn(section)).toBe(
      "Doctor 1 thing to do. answered 11 min ago, asked by anna, packdrift 0.2.0 " +
        "publishing to dt/packdrift/v1/+/report policies.cloud to do the policy of the device&#39;s certificate refuses it " +
        "Fix: Add the statement in recipe/policies/mqtt-policy.json to the policy. " +
        "the outbox outbox.disk worth knowing 12 reports wait, the oldest for 3 hours " +
        "writing the named shadow policies.shadow not tried a request writes nothing " +
        "2 things well program: 0.2.0 on Node.js 16.20.2 broker: connected",
    );
    expect(body).toContain(">Run its doctor</button>");
    const answer = JSON.parse((await send(`${url}/api/devices/line-1-cam-01/doctor`)).body);
    expect(answer).toEqual(await fleet.questions.doctor("line-1-cam-01"));
    expect((await send(`${url}/api/devices/unknown/doctor`)).status).toBe(404);
    expect(
      (await send(`${url}/requests`, form(url, { command: "doctor", q: "line-1", back: "/devices" }))).status,
    ).toBe(303);
    expect(fleet.done).toEqual([expect.stringMatching(/ asks doctor of \d+$/)]);
  });

  it("has words for every reason for which messages are refused", async () => {
    const fleet = fakeFleet(3);
    const questions = await withEveryRefusal(fleet);

    const { body } = await send(`${await serve(fleet, { parts: { questions } })}/delivery`);

    for (const reason of REFUSAL_REASONS) expect(body).not.toContain(`<h3>${reason} `);
    expect(body.match(/<li class="card"[^>]*><h3>[A-Z]/g)).toHaveLength(REFUSAL_REASONS.length);
  });

  it("answers the API with the views' own members, page by page", async () => {
    const url = await serve(fakeFleet(200));
    const get = async (path: string) => JSON.parse((await send(`${url}/api${path}`)).body);

    expect((await get("/summary")).things).toBe(200);
    const first = await get("/devices?runnable=WILL_NOT_RUN&limit=30");
    const second = await get(`/devices?runnable=WILL_NOT_RUN&limit=30&after=${first.next}`);
    expect([first.items.length, second.items.length, second.next]).toEqual([30, 5, null]);
    expect((await get("/devices/line-1-cam-01")).thing).toBe("line-1-cam-01");
    expect((await get("/devices/line-1-cam-01/history")).items.length).toBeGreaterThan(3);
    expect((await get("/causes")).items[0].rule).toBe("compiler.trt-ver");
    expect((await get("/jobs/gear-teeth/inspection-a")).job).toBe("inspection-a");
    expect((await get("/delivery")).missing).toBe(15);
    expect(
      JSON.parse((await send(`${url}/api/what-if`, json({ change: { jetpack: "5.1.2" }, filter: { q: "line" } }))).body)
        .things,
    ).toBe(101);
  });

  it.each([
    ["/api/devices?runnable=YES", 400, /must be one of/],
    ["/api/devices?limit=0", 400, /limit/],
    ["/api/devices/nobody", 404, /nothing at this address/],
    ["/api/nowhere", 404, /nothing at this address/],
    ["/api/%ff", 400, /Cannot read the address/],
  ])("answers %s with %d and JSON that says why", async (path, status, why) => {
    const got = await send((await serve(fakeFleet(3))) + path);

    expect([got.status, JSON.parse(got.body).error.status]).toEqual([status, status]);
    expect(JSON.parse(got.body).error.message).toMatch(why);
  });

  it("streams whole lists as CSV and NDJSON, with no cell that a spreadsheet runs", async () => {
    const url = await serve(fakeFleet(1_200));
    const hostile = await serve(fakeFleet(24, "hostile"));

    const csv = await send(`${url}/api/devices.csv`);
    expect(csv.headers["content-disposition"]).toBe('attachment; filename="packdrift-devices.csv"');
    expect(csv.body.trimEnd().split("\r\n")).toHaveLength(1_201);
    expect((await send(`${url}/api/devices.ndjson?state=silent`)).body.trimEnd().split("\n")).toHaveLength(24);
    for (const list of ["causes", "jobs", "gaps", "requests", "alarms"])
      expect((await send(`${url}/api/${list}.csv`)).status).toBe(200);
    expect((await send(`${hostile}/api/devices.csv`)).body).not.toMatch(/(^|,)"?[=+@]/m);
  });

  it("offers every list of its pages as CSV, NDJSON and JSON, with the same items in each", async () => {
    const fleet = fakeFleet(200);
    const questions = await withEveryRefusal(fleet);
    const url = await serve(fleet, { parts: { questions } });
    await send(`${url}/requests`, form(url, { command: "check", q: "line-1", back: "/" }));
    const pages = [...PAGES.filter((path) => path !== "/what-if"), "/requests/r1"];
    const bodies = await Promise.all(pages.map(async (path) => (await send(url + path)).body));

    const offered = new Set(
      bodies.flatMap((body) => [...body.matchAll(/href="(\/api\/[^"]+)\.csv/g)].map(([, path = ""]) => path)),
    );
    expect([...offered].sort()).toEqual([
      ...["/api/alarms", "/api/causes", "/api/devices", "/api/devices/line-1-cam-01/history"],
      ...["/api/devices/line-1-cam-01/jobs", "/api/gaps", "/api/jobs", "/api/jobs/gear-teeth/inspection-a/devices"],
      ...["/api/refused", "/api/refused/messages", "/api/requests", "/api/requests/r1/answers", "/api/what-if/pairs"],
    ]);
    for (const path of [...offered, "/api/silences", "/api/rejudged/differs"]) {
      const [csv, ndjson] = await Promise.all(
        ["csv", "ndjson"].map(async (format) => (await send(`${url}${path}.${format}`)).body),
      );
      const { items, next } = JSON.parse((await send(`${url}${path}?limit=1000`)).body);
      expect([path, next, ndjson]).toEqual([
        path,
        null,
        items.map((item: unknown) => `${JSON.stringify(item)}\n`).join(""),
      ]);
      expect((csv ?? "").trimEnd().split("\r\n")).toHaveLength(items.length + 1);
    }
  });

  it("shows the last refused messages with their devices, as text even when they are hostile", async () => {
    const url = await serve(fakeFleet(200));
    const { body } = await send(`${url}/delivery`);
    const [table = ""] = /The last 8<.*?<\/table>/s.exec(body) ?? [];
    expect(table).toContain('<a href="/devices/line-1-cam-01"><bdi>line-1-cam-01</bdi></a>');
    expect(table).toContain("<bdi>line-1-cam-02</bdi>");
    expect(table).not.toContain("/devices/line-1-cam-02");
    expect(textIn(table)).toContain("it is not valid JSON &lt;html&gt;502 Bad Gateway&lt;/html&gt;");
    const { items } = JSON.parse((await send(`${url}/api/refused/messages`)).body);
    expect(items.slice(0, 1)).toMatchObject([
      { reason: "not-json", thing: "line-1-cam-01", topic: "dt/packdrift/v1/line-1-cam-01/report" },
    ]);
    expect(items[0].sample.length).toBe(640);

    const hostile = await serve(fakeFleet(40, "hostile"));
    expect((await send(`${hostile}/delivery`)).body).not.toMatch(/<script(?! src="\/assets)|<img/);
    expect((await send(`${hostile}/api/refused/messages.csv`)).body).not.toMatch(/(^|,)"?[=+@]/m);
  });

  it("refuses a misspelt change, which would otherwise be ignored", async () => {
    const url = await serve(fakeFleet(3));
    const { status, body } = await send(`${url}/api/what-if`, json({ change: { jetpack: "5.1.2", cudda: "11.4" } }));

    expect([status, body]).toEqual([400, expect.stringContaining('did you mean \\"cuda\\"?')]);
  });

  it("leaves no alarm out of a list that is longer than a page", async () => {
    const fleet = fakeFleet(3);
    const [alarm] = await fleet.alarms.alarms();
    const many = Array.from({ length: 1_201 }, (_, at) => ({ ...(alarm as AlarmView), id: `a${at}` }));
    const url = await serve(fleet, { parts: { alarms: { ...fleet.alarms, alarms: async () => many } } });

    expect((await send(`${url}/api/alarms.csv`)).body.trimEnd().split("\r\n")).toHaveLength(1_202);
    const { items, next } = JSON.parse((await send(`${url}/api/alarms?limit=1000&after=500`)).body);
    expect([items[0].id, items.length, next]).toEqual(["a500", 701, null]);
    for (const after of ["-1", "x", "1.5"]) {
      expect([after, (await send(`${url}/api/alarms?after=${after}`)).status]).toEqual([after, 400]);
    }
  });

  it.each(["/jobs/gear-teeth/inspection-a", "/api/jobs/gear-teeth/inspection-a"])(
    "answers two who ask for %s at once, and asks others to try again",
    async (path) => {
      const { questions, ...fleet } = fakeFleet(3);
      let [answer, begun] = [(): void => {}, (): void => {}];
      const judged = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const bothAsked = new Promise<void>((resolve) => {
        begun = resolve;
      });
      let asked = 0;
      const job: typeof questions.job = async (...name) => {
        asked += 1;
        if (asked === 2) begun();
        if (asked <= 2) await judged;
        return questions.job(...name);
      };
      const url = await serve({ ...fleet, questions: { ...questions, job } });
      const both = [send(url + path), send(url + path)];
      await bothAsked;

      const third = await send(url + path);
      answer();
      expect([third.status, third.headers["retry-after"]]).toEqual([503, "2"]);
      expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    },
  );

  it("lists all devices behind the numbers of a job, from links next to the first devices", async () => {
    const url = await serve(fakeFleet(400));
    const { body } = await send(`${url}/jobs/gear-teeth/inspection-a`);
    const links = [...body.matchAll(/<a class="more" href="([^"]+)">and ([\d,]+) more<\/a>/g)].map(
      ([, path = "", more = ""]) => ({ path: path.replaceAll("&amp;", "&"), more: Number(more) }),
    );

    expect(links.map(({ path }) => new URLSearchParams(path.split("?")[1]).get("outcome"))).toEqual([
      "CAN",
      "CANNOT",
      "CANNOT",
    ]);
    for (const { path, more } of links) {
      const csv = (await send(`${url}/api${path.replace("/devices", "/devices.csv")}`)).body.trimEnd().split("\r\n");
      expect([path, csv[0], csv.length - 1]).toEqual([path, "thing,outcome,change", more + 5]);
      expect((await send(url + path)).body).toContain(csv[1]?.split(",")[0]);
    }
    const after = links.at(-1)?.path ?? "";
    expect(textIn((await send(url + after)).body)).toContain("after Going back to JetPack 4.6.1");
    expect((await send(`${url}/jobs/gear-teeth/unknown/devices`)).status).toBe(404);
    expect((await send(`${url}/api/jobs/gear-teeth/inspection-a/devices?outcome=can`)).body).toContain('\\"outcome\\"');
  });

  it("offers no list of devices for a description that is only tried out", async () => {
    const url = await serve(fakeFleet(400));
    const { body } = await send(`${url}/jobs/try`, form(url, { description: "{}" }));

    expect(body).toContain("Can run it");
    expect(body).not.toContain("/devices?outcome");
  });

  it("shows which jobs could run on a device, and after which change", async () => {
    const url = await serve(fakeFleet(200));
    const { body } = await send(`${url}/devices/line-1-cam-01/jobs`);

    expect(textIn(/<tbody.*?<\/tbody>/s.exec(body)?.[0] ?? "")).toBe(
      "gear-teeth/inspection-a runs – – gear-teeth/inspection-b will not run TensorRT 8.5.2 instead of 8.2.1 JetPack 4.6.1 (L4T 32.7.1)",
    );
    expect((await send(`${url}/devices/line-1-cam-01`)).body).toContain('href="/devices/line-1-cam-01/jobs"');
    expect((await send(`${url}/devices/unknown/jobs`)).status).toBe(404);
  });

  it("does not claim to show the past when it shows the present", async () => {
    const url = await serve(fakeFleet(200));
    const paths = PAGES.filter((path) => !path.includes("?"));
    const bodies = await Promise.all(
      paths.map(async (path) => (await send(`${url}${path}?at=2026-11-20T10:00:00Z`)).body),
    );

    expect(paths.filter((_, at) => bodies[at]?.includes('class="past"'))).toEqual([
      ...["/", "/devices", "/causes", "/jobs", "/jobs/gear-teeth/inspection-a", "/devices/line-1-cam-01"],
    ]);
  });

  it("sends a request from a page and shows its progress, there and on a page of its own", async () => {
    const fleet = fakeFleet(200);
    const url = await serve(fleet);
    const [cause] = (await fleet.questions.causes({}, { limit: 1 })).items;
    const fields = { command: "check", cause: cause?.cause ?? "", back: `/#cause-${cause?.cause}` };

    const asked = await send(`${url}/requests`, form(url, fields));
    expect([asked.status, asked.headers.location, fleet.done]).toEqual([303, fields.back, ["local asks check of 23"]]);
    expect((await send(url)).body).toContain("asked 23, answered 0, waiting for 23");
    fleet.requests = fleet.requests.map((each) => ({ ...each, answered: 20, silent: 3, waiting: 0 }));
    expect((await send(`${url}/requests/r1`)).body).toContain("asked 23, answered 20, silent 3");
    const api = await send(`${url}/api/requests`, json({ command: "facts", filter: { thing: "line-1-cam-01" } }));
    expect([api.status, api.headers.location, JSON.parse(api.body).asked]).toEqual([202, "/api/requests/r2", 1]);
  });

  it.each([
    [{ runable: "WILL_NOT_RUN" }, '\\"runable\\" is not one of'],
    [{ thing: "" }, '\\"thing\\" must be a string that is not empty'],
    [{ q: " " }, '\\"q\\" must be a string that is not empty'],
  ])("refuses the filter %j instead of asking every device", async (filter, why) => {
    const fleet = fakeFleet(5);
    const url = await serve(fleet);

    const got = await send(`${url}/api/requests`, json({ command: "check", filter }));

    expect([got.status, fleet.done]).toEqual([400, []]);
    expect(got.body).toContain(why);
  });

  it("gives up only the gap that was shown, even when its device shows only newer epochs", async () => {
    const fleet = fakeFleet(200);
    const url = await serve({ ...fleet, questions: { ...fleet.questions, device: async () => null } });
    const [gap] = (await fleet.questions.gaps({ limit: 1 })).items;
    const fields = {
      thing: gap?.thing ?? "",
      epoch: gap?.epoch ?? "",
      from: String(gap?.from),
      to: String(gap?.to),
      back: "/delivery",
    };

    expect((await send(`${url}/delivery/give-up`, form(url, { ...fields, to: "999" }))).status).toBe(400);
    expect((await send(`${url}/delivery/give-up`, form(url, fields))).status).toBe(303);
    expect(fleet.done).toEqual([`local gives up ${gap?.thing} 119 to 121`]);
  });

  it("acknowledges and silences alarms", async () => {
    const fleet = fakeFleet(200);
    const url = await serve(fleet);

    await send(`${url}/alarms/a0/acknowledge`, form(url, {}));
    await send(`${url}/alarms/a0/silence`, form(url, { hours: "8", reason: "upgrade" }));

    expect(fleet.done).toEqual(["local acknowledges a0", "local silences a0 until 2026-11-29T18:12:00.000Z: upgrade"]);
  });

  it("tries out a job that is pasted or sent as a file, and says what is wrong with it", async () => {
    const url = await serve(fakeFleet(200));

    expect((await send(`${url}/jobs/try`, form(url, { description: '{"JobName":"a"}' }))).body).toContain("Can run it");
    const bad = await send(`${url}/jobs/try`, form(url, { description: "{" }));
    expect([bad.status, bad.body]).toEqual([
      400,
      expect.stringContaining("Cannot read the description: it is not JSON."),
    ]);
  });

  it("tells pages that follow when something was stored", async () => {
    const fleet = fakeFleet(3);
    const url = await serve(fleet);
    const response = await fetch(`${url}/api/events`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();

    expect((await reader?.read())?.value).toBe("retry: 3000\n\n");
    fleet.change();
    expect((await reader?.read())?.value).toBe("event: changed\ndata: \n\n");
    await reader?.cancel();
  });

  it("reports its health and its counters", async () => {
    const url = await serve(fakeFleet(3), { parts: { isHealthy: () => Promise.reject(new Error("no store")) } });
    const well = await serve(fakeFleet(3));

    expect([(await send(`${url}/healthz`)).status, (await send(`${well}/healthz`)).body]).toEqual([503, "ok\n"]);
    expect((await send(`${well}/metrics`)).headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  });

  it("limits how often it reports its health, as for any other request", async () => {
    let asked = 0;
    const isHealthy = async () => {
      asked += 1;
      return true;
    };
    const url = await serve(fakeFleet(0), { parts: { isHealthy } });
    const statuses: number[] = [];
    for (let times = 0; times < 201; times++) statuses.push((await send(`${url}/healthz`)).status);

    expect([statuses.lastIndexOf(200), statuses.at(-1), asked]).toEqual([199, 429, 200]);
  });

  it("answers 503 while the store cannot be used, without its address", async () => {
    const fleet = fakeFleet(3);
    const down = async () => {
      throw new StoreError("connect ECONNREFUSED 10.0.0.5:5432");
    };
    const url = await serve(fleet, { parts: { questions: { ...fleet.questions, delivery: down } } });
    const [page, api] = [await send(`${url}/delivery`), await send(`${url}/api/delivery`)];

    expect([page.status, api.status, page.headers["retry-after"]]).toEqual([503, 503, "5"]);
    expect(page.body + api.body).not.toContain("10.0.0.5");
  });

  it("shows the message of a bug only in the log", async () => {
    const errors: unknown[] = [];
    const fleet = fakeFleet(3);
    const questions = { ...fleet.questions, summary: () => Promise.reject(new TypeError("secret of the store")) };
    const url = await serve(fleet, { errors, parts: { questions } });

    const got = await send(url);

    expect([got.status, got.body.includes("secret"), errors.map(String)]).toEqual([
      500,
      false,
      ["TypeError: secret of the store"],
    ]);
  });
});

describe("serveFleet and strangers", () => {
  it("serves other machines only with access control", async () => {
    await expect(serveFake(fakeFleet(1), { host: "0.0.0.0" })).rejects.toThrow(
      'Cannot serve on "0.0.0.0": without --tokens FILE or --trust-header the fleet listens on the loopback address only',
    );
  });

  it("refuses a host name that DNS was made to resolve to it", async () => {
    const url = await serve(fakeFleet(1));

    expect((await send(url, { headers: { host: "evil.example" } })).status).toBe(421);
    expect((await send(`${url}/api/devices`, { headers: { host: "evil.example:80" } })).status).toBe(421);
  });

  it("refuses changes that another site's page sends", async () => {
    const fleet = fakeFleet(5);
    const url = await serve(fleet);
    const fields = { command: "check" };

    for (const headers of [{ origin: "http://evil.example" }, { origin: "null" }]) {
      expect((await send(`${url}/requests`, form(url, fields, headers))).status).toBe(403);
      expect(
        (
          await send(`${url}/api/requests`, {
            ...json(fields),
            headers: { "content-type": "application/json", ...headers },
          })
        ).status,
      ).toBe(403);
    }
    const bare = await send(`${url}/requests`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: "command=check",
    });
    expect([bare.status, fleet.done]).toEqual([403, []]);
  });

  it("redirects from a form only to its own pages", async () => {
    const url = await serve(fakeFleet(5));

    for (const back of ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nset-cookie: b=c"]) {
      expect((await send(`${url}/requests`, form(url, { command: "check", back }))).headers.location).toBe("/");
    }
  });

  it("bounds bodies, methods and the number of requests", async () => {
    const url = await serve(fakeFleet(5));

    expect((await send(`${url}/jobs/try`, form(url, { description: "x".repeat(200_000) }))).status).toBe(413);
    expect((await send(url, { method: "DELETE" })).status).toBe(405);
    const many: Got[] = [];
    for (let round = 0; round < 5; round += 1) {
      many.push(...(await Promise.all(Array.from({ length: 50 }, () => send(`${url}/api/gaps`)))));
    }
    expect(many.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    expect(many.find(({ status }) => status === 429)?.headers["retry-after"]).toBe("1");
  });

  const TOKENS = "ask anna token-of-anna-0123456789\nview wall token-of-the-wall-0123456789\n";

  function tokens(text = TOKENS): string {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-tokens-"));
    folders.push(folder);
    const path = join(folder, "tokens");
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  it("shows nothing without a token, and with one what its role allows", async () => {
    const fleet = fakeFleet(5);
    const url = await serve(fleet, { tokensFile: tokens() });
    const as = (token: string) => ({ authorization: `Bearer ${token}` });
    const [anna, wall] = [as("token-of-anna-0123456789"), as("token-of-the-wall-0123456789")];
    const ask = (headers: Record<string, string>) =>
      send(`${url}/api/requests`, {
        ...json({ command: "check" }),
        headers: { "content-type": "application/json", ...headers },
      });

    const stranger = await send(`${url}/devices`);
    expect([stranger.status, stranger.body.includes("line-"), stranger.body.includes("Your token")]).toEqual([
      401,
      false,
      true,
    ]);
    expect([
      (await send(`${url}/api/summary`)).status,
      (await send(`${url}/metrics`)).status,
      (await send(`${url}/api/events`)).status,
    ]).toEqual([401, 401, 401]);
    expect([
      (await send(`${url}/api/summary`, { headers: as("wrong") })).status,
      (await send(`${url}/healthz`)).status,
    ]).toEqual([401, 200]);
    expect((await send(`${url}/api/summary`, { headers: wall })).status).toBe(200);
    expect((await send(`${url}/devices`, { headers: wall })).body).not.toContain("Check these");
    expect([(await ask(wall)).status, (await ask(anna)).status, fleet.done]).toEqual([
      403,
      202,
      ["anna asks check of 5"],
    ]);
    expect(
      (
        await send(`${url}/api/what-if`, {
          ...json({ change: { cuda: "11.4" } }),
          headers: { "content-type": "application/json", ...wall },
        })
      ).status,
    ).toBe(200);
  });

  it("keeps a browser logged in by a cookie that scripts and other sites cannot use", async () => {
    const url = await serve(fakeFleet(5), { tokensFile: tokens() });

    const wrong = await send(`${url}/login`, form(url, { token: "no" }));
    expect([wrong.status, wrong.body.includes("This token is not valid.")]).toEqual([401, true]);
    const right = await send(`${url}/login`, form(url, { token: "token-of-anna-0123456789", back: "/devices" }));
    const [cookie = ""] = [right.headers["set-cookie"]].flat();
    expect([right.status, right.headers.location]).toEqual([303, "/devices"]);
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
    const headers = { cookie: `other=1; ${cookie.split(";")[0]}` };
    expect((await send(`${url}/devices`, { headers })).body).toContain("Log out anna");
    expect((await send(`${url}/logout`, form(url, {}, headers))).headers["set-cookie"]?.[0]).toContain("Max-Age=0");
  });

  it("says what would happen in the words of its properties, and when no device matches", async () => {
    const url = await serve(fakeFleet(5));

    expect((await send(`${url}/what-if?driver=535.129.03`)).body).toContain("With driver 535.129.03 on ");
    const none = (await send(`${url}/what-if?driver=535.129.03&q=not-the-name-of-any`)).body;
    expect([none.includes("No device matches."), none.includes("on 0 devices")]).toEqual([true, false]);
  });

  it("leads whose session has ended back to the page on which they sent a form", async () => {
    const url = await serve(fakeFleet(5), { tokensFile: tokens() });
    const sent = async (headers = {}) => {
      const { status, body } = await send(`${url}/alarms/a0/acknowledge`, form(url, {}, headers));
      return [status, /name="back" value="([^"]*)"/.exec(body)?.[1]];
    };

    expect(await sent({ referer: `${url}/devices?q=line` })).toEqual([401, "/devices?q=line"]);
    expect(await sent({ referer: "nonsense" })).toEqual([401, "/"]);
    expect(await sent()).toEqual([401, "/"]);
  });

  it.skipIf(lacks("openssl"))("serves over TLS, with a cookie that browsers send over TLS alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-page-tls-"));
    folders.push(folder);
    const { path } = makeCertificates(folder);
    const [cert, key] = ["server.pem", "server.key"].map((name) => readFileSync(path(name), "utf8"));
    const ca = readFileSync(path("ca.pem"));
    const served = await serve(fakeFleet(5), { tokensFile: tokens(), tls: { cert: cert ?? "", key: key ?? "" } });
    const url = served.replace("127.0.0.1", "localhost");

    expect(served).toMatch(/^https:/);
    expect((await send(url, { ca })).status).toBe(401);
    const login = form(url, { token: "token-of-anna-0123456789", back: "/devices" });
    const { status, headers } = await send(`${url}/login`, { ...login, ca });
    expect([status, String(headers["set-cookie"])]).toEqual([303, expect.stringMatching(/; HttpOnly;.*; Secure$/)]);
    const cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
    expect((await send(`${url}/devices`, { ca, headers: { cookie } })).status).toBe(200);
    await expect(send(url.replace("https:", "http:"))).rejects.toThrow();
  });

  it("refuses a file that others can read, or that is not a file of tokens", async () => {
    const open = tokens();
    chmodSync(open, 0o644);

    await expect(serveFake(fakeFleet(1), { tokensFile: open })).rejects.toThrow("may be read by others");
    await expect(serveFake(fakeFleet(1), { tokensFile: tokens("hello") })).rejects.toThrow("line 1 must be");
  });

  it("believes a proxy's header from the proxy's addresses alone", async () => {
    const fleet = fakeFleet(5);
    const trusted = { header: "X-User", from: ["127.0.0.0/8"] };
    const near = await serve(fleet, { trusted });
    const far = await serve(fleet, { trusted: { ...trusted, from: ["10.0.0.0/8"] } });
    const headers = { "x-user": "berta" };

    expect([
      (await send(near)).status,
      (await send(near, { headers })).status,
      (await send(far, { headers })).status,
    ]).toEqual([401, 200, 401]);
    await send(`${near}/requests`, form(near, { command: "check" }, headers));
    expect(fleet.done).toEqual(["berta asks check of 5"]);
  });
});
