import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { FLAVOURS } from "../long-runs.js";
import { MODEL, NAME, type SceneOptions, startScene, TOP } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
async function scene(options: SceneOptions = {}): Promise<Scene> {
  const started = await startScene(options);
  open.push(started);
  return started;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const event = (name: string) => (line: { text: string }) => line.text.includes(`"event":"${name}"`);
const text = (scene: Scene) => scene.component.output.all.map((line) => line.text).join("\n");
const endings = (scene: Scene) => JSON.parse(readFileSync(join(scene.work, "restarts.json"), "utf8"));
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

describe.each(FLAVOURS)("the connection to the %s nucleus", (flavour) => {
  it("is made again by a restart of the process when the nucleus restarts, with the next sequence", async () => {
    const it = await scene({ flavour, restart: true });
    const first = await it.reports.next(() => true);

    await it.nucleus.restart();

    const second = await it.reports.next(({ sequence }) => sequence === 2);
    expect(second).toMatchObject({ epoch: first.epoch, trigger: "START", drift: "IN_SYNC" });
    // Twice where the new process is there before the new nucleus: that is another cause.
    expect([2, 3]).toContain(it.component.starts.all.length);
  });

  it("ends the process with 1 when it drops while idle", async () => {
    const it = await scene({ flavour });
    await it.component.output.waitFor(event("report.delivered"));

    it.nucleus.dropConnections();

    expect(await it.component.exited).toMatchObject({ code: 1 });
    expect(endings(it)).toMatchObject([{ cause: "DROPPED" }]);
  });

  it("loses no report when it drops during a publish: the next process sends it under the same id", async () => {
    const it = await scene({ flavour, restart: true });
    it.nucleus.answerWith("PublishToIoTCore", "drop", 1);

    const report = await it.reports.next(() => true);

    expect(report.sequence).toBe(1);
    const made = it.component.output.all.find(event("report.made"));
    expect(made?.text).toContain(report.id);
    expect(it.component.starts.all).toHaveLength(2);
  });

  it("ends the process at once, to be restarted, when its native part aborts", async () => {
    const it = await scene({ flavour });
    await it.component.output.waitFor(event("report.delivered"));

    // Not process 0: that is this test's own group.
    const { pid } = it.component;
    if (pid === undefined) throw new Error("The component has no process to abort");
    process.kill(pid, "SIGABRT");

    expect(await it.component.exited).toEqual({ code: 134, signal: null });
    expect(it.component.output.all.filter(({ stream }) => stream === "stderr")).toEqual([]);
  });

  it("restarts the process once for a refused token, then stays and logs for how long, so that the component never becomes BROKEN", async () => {
    const it = await scene({ flavour });
    await it.reports.next(() => true);
    await it.component.stop();

    const first = await it.again({ SVCUID: "of-an-earlier-life" });
    expect((await first.exited).code).toBe(1);
    expect(endings(it)).toMatchObject([{ cause: "REFUSED" }]);

    const second = await it.again({ SVCUID: "of-an-earlier-life" });
    const waiting = await second.output.waitFor(event("nucleus.waiting"), 2);
    expect(JSON.parse(waiting.text)).toMatchObject({ loss: "REFUSED" });
    expect(JSON.parse(waiting.text).retryInMs).toBeLessThanOrEqual(2_000);
    expect(JSON.parse(waiting.text).restartInMs).toBeGreaterThan(3_600_000);
    expect(await second.stop()).toMatchObject({ code: 0 });
    expect(text(it)).not.toContain("of-an-earlier-life");
  });

  it("restarts the process even when the record of restarts is damaged", async () => {
    const it = await scene({ flavour });
    await it.component.output.waitFor(event("report.delivered"));
    writeFileSync(join(it.work, "restarts.json"), '[{"at":"202');

    it.nucleus.dropConnections();

    expect(await it.component.exited).toMatchObject({ code: 1 });
    expect(endings(it)).toMatchObject([{ cause: "DROPPED" }]);
  });

  it("receives messages once, not twice, when a subscription is granted too late", async () => {
    const it = await scene({ flavour, configuration: { echoSeconds: 0 } });
    await it.reports.next(() => true);
    await it.component.stop();
    const hold = it.nucleus.holdOperation("SubscribeToIoTCore");
    await it.again();
    await hold.held.waitFor(() => true, 3);
    const trouble = await it.component.output.waitFor(event("nucleus.trouble"));
    expect(trouble.text).toContain("within 10000 ms");

    hold.release();

    await it.component.output.waitFor(event("subscriptions.open"));
    const heard = () => it.nucleus.subscriptions.filter((name) => name.endsWith("SubscribeToIoTCore"));
    // Requests to the thing and to all, and acknowledgements.
    await expect.poll(heard).toHaveLength(3);
    await it.cloud.publish("cmd/packdrift/v1/line-4/flush/req", Buffer.from('{"id":"one"}'), { qos: 1 });
    await it.component.output.waitFor(event("request.taken"));
    expect(text(it)).not.toContain("request.repeated");
  });

  it("survives a configuration stream that ends with an error, subscribes again and misses no change", async () => {
    const it = await scene({ flavour });
    await it.component.output.waitFor(event("report.delivered"));

    it.nucleus.endStreams("SubscribeToConfigurationUpdate", { error: "ServiceError", message: "broken" });
    it.nucleus.setConfiguration(NAME, { logLevel: "loud" });

    const report = await it.reports.next(({ agent }) => agent.problems.length > 0);
    expect(report).toMatchObject({ trigger: "CONFIG_CHANGE", sequence: 2 });
    it.nucleus.setConfiguration(NAME, { logLevel: "debug" });
    await it.reports.next(({ sequence, agent }) => sequence === 3 && agent.problems.length === 0);
    expect(it.nucleus.connections).toBe(1);
  });

  it("ends the process at once, without waiting for a time limit, when it drops during a call", async () => {
    const it = await scene({ flavour });
    const hold = it.nucleus.holdOperation("PublishToIoTCore");
    await hold.held.waitFor(() => true);
    const from = performance.now();

    it.nucleus.dropConnections();

    expect(await it.component.exited).toMatchObject({ code: 1 });
    expect(performance.now() - from).toBeLessThan(3_000);
  });

  it("is made again when the nucleus comes back while the process stays, and reports that it reconnected", async () => {
    const it = await scene({ flavour });
    await it.reports.next(() => true);
    await it.component.stop();
    writeFileSync(join(it.work, "restarts.json"), JSON.stringify([{ at: minutesAgo(5), cause: "REFUSED" }]));
    const answerAgain = it.nucleus.stopAcknowledging();
    await it.again();
    await expect.poll(() => it.nucleus.connections, { timeout: 10_000 }).toBe(1);
    it.nucleus.dropConnections();
    const waiting = await it.component.output.waitFor(event("nucleus.waiting"));
    expect(JSON.parse(waiting.text)).toMatchObject({ loss: "REFUSED" });

    answerAgain();

    expect(await it.reports.next(({ trigger }) => trigger === "RECONNECT")).toMatchObject({ sequence: 2 });
  });

  it("ends the process once more when the hour is over and nothing else has helped", async () => {
    const it = await scene({ flavour });
    await it.reports.next(() => true);
    await it.component.stop();
    await it.nucleus.removeSocket();
    const almostAnHour = [{ at: new Date(Date.now() - 3_650_000).toISOString(), cause: "UNREACHABLE" }];
    writeFileSync(join(it.work, "restarts.json"), JSON.stringify(almostAnHour));

    await it.again();

    expect(await it.component.exited).toMatchObject({ code: 1 });
    expect(text(it)).toContain('"event":"nucleus.waiting"');
    expect(endings(it)).toHaveLength(2);
  });

  it("keeps the process and tries again where a restart could not be recorded", async () => {
    const it = await scene({ flavour });
    await it.component.output.waitFor(event("report.delivered"));
    mkdirSync(join(it.work, "restarts.json"));

    it.nucleus.dropConnections();

    const waiting = JSON.parse((await it.component.output.waitFor(event("nucleus.waiting"))).text);
    expect(waiting.restartInMs).toBeGreaterThan(3_600_000);
    expect(text(it)).toContain('"event":"restart.not-kept"');
    // Its token is still good here, so that connecting again helps.
    await it.component.output.waitFor(({ text }) => /"trigger":"RECONNECT".*"event":"check.done"/.test(text));
  });

  it("waits no longer than an hour after a clock that was ahead is corrected", async () => {
    const it = await scene({ flavour });
    await it.reports.next(() => true);
    await it.component.stop();
    const ahead = [{ at: "2031-01-01T00:00:00.000Z", cause: "REFUSED" }];
    writeFileSync(join(it.work, "restarts.json"), JSON.stringify(ahead));

    const before = Date.now();
    const component = await it.again({ SVCUID: "of-an-earlier-life" });

    await component.output.waitFor(event("nucleus.waiting"));
    const [kept] = endings(it);
    expect(Date.parse(kept.at) - before).toBeLessThan(20_000);
  });

  it("sends a report again under its id when the answer to its publish comes too late", async () => {
    const it = await scene({ flavour });
    const hold = it.nucleus.holdOperation("PublishToIoTCore");
    await hold.held.waitFor(() => true);
    const kept = await it.component.output.waitFor(event("report.kept"));
    expect(kept.text).toContain("within 10000 ms");

    hold.release();

    await it.component.output.waitFor(event("report.delivered"));
    const report = await it.reports.next(() => true);
    expect(new Set(it.reports.all.map(({ id }) => id))).toEqual(new Set([report.id]));
    await it.component.stop();
  });
});

describe("the connection to the classic nucleus", () => {
  it("survives a listener that fails: a deployment that cannot be released is logged, and the next one is received", async () => {
    const it = await scene({ nucleus: { updateLimitMs: 200 } });
    await it.component.output.waitFor(event("report.delivered"));
    it.nucleus.answerWith("DeferComponentUpdate", { error: "ServiceError", message: "not now" }, 1);

    await it.nucleus.deploy(MODEL.name, { version: "5.0.0" });
    const trouble = await it.component.output.waitFor(event("nucleus.trouble"));
    await it.reports.next(({ component }) => component.deployedVersion === "5.0.0");
    await it.nucleus.deploy(MODEL.name, { version: "6.0.0" });

    expect(JSON.parse(trouble.text)).toMatchObject({ message: "ServiceError: not now" });
    expect(await it.reports.next(({ component }) => component.deployedVersion === "6.0.0")).toMatchObject({
      trigger: "DEPLOYMENT",
    });
    expect(it.component.starts.all).toHaveLength(1);
  });
});

describe("the connection to nucleus lite", () => {
  it("drops once only at a message over its limit: messages are split from then on, and the report says so", async () => {
    const it = await scene({
      flavour: "lite",
      restart: true,
      root: join(TOP, "test/hosts/x86-laptop-no-avx"),
      configuration: { maxMessageBytes: 100_000, jobs: [FAILED_JOB] },
    });

    const report = await it.reports.next(({ agent }) => agent.problems.length > 0);

    expect(report.agent.problems).toEqual([
      "The nucleus dropped the connection on a long message, so reports are split at 7000 bytes instead of maxMessageBytes, which is 100000",
    ]);
    expect(it.component.starts.all).toHaveLength(2);
    // With their triggers and the log, so that a check that should not be there says why it was made.
    const made = it.reports.all.map(({ sequence, trigger }) => `${sequence} ${trigger}`);
    expect(made, text(it)).toEqual(["1 START", "2 START"]);
  });
});

/** Its report has more bytes than lite takes. */
const FAILED_JOB = { project: "weld-seams", job: "weld-seams-failed" };
