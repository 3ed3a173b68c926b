import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { IN_FULL, isLong, NUCLEI } from "../long-runs.js";
import { errorsOf } from "../schema-errors.js";
import { JOB, type SceneOptions, startScene } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
async function scene(options: SceneOptions = {}) {
  const it = await startScene(options);
  open.push(it);
  const answers: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  await it.cloud.subscribe("cmd/packdrift/v1/line-4/+/res", 1, ({ topic, payload }) => {
    const answer = JSON.parse(payload.toString());
    expect(errorsOf("response-1", answer)).toBeNull();
    answers.push({ topic, ...answer });
    for (const check of [...waiting]) check();
  });
  const answered = (count: number) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (answers.length < count) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  // Received only once all subscriptions are made.
  await it.reports.next(() => true);
  await it.component.output.waitFor(opened);
  const ask = (path: string, body: unknown) => {
    const payload = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    return it.cloud.publish(`cmd/packdrift/v1/${path}/req`, payload, { qos: 1 });
  };
  return { ...it, scene: it, answers, answered, ask };
}
const linesOf = ({ component }: Scene, name: string) =>
  component.output.all.filter(({ text }) => text.includes(`"event":"${name}"`)).map(({ text }) => JSON.parse(text));
const opened = ({ text }: { text: string }) => text.includes('"event":"subscriptions.open"');
interface Page {
  readonly lines: readonly { readonly id: string; readonly fix: string | null }[];
  readonly ok: readonly string[];
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe.each(NUCLEI)("a request over IoT Core to the %s nucleus", (flavour) => {
  it("makes the doctor try what the component needs, and its answer fits the nucleus", async () => {
    const { ask, answers, answered } = await scene({ flavour });

    await ask("line-4/doctor", { id: "d-1" });
    await answered(1);

    const [answer] = answers as [{ readonly status: string; readonly result: Page }];
    expect(answer).toMatchObject({ topic: "cmd/packdrift/v1/line-4/doctor/res", id: "d-1", status: "DONE" });
    expect(errorsOf("doctor-1", answer.result)).toBeNull();
    expect(answer.result).toMatchObject({
      schema: "packdrift.doctor/1",
      askedAt: "COMPONENT",
      thing: "line-4",
      well: true,
    });
    expect(answer.result.ok.join("\n")).toContain("policy.publish: ");
    expect(answer.result.ok.join("\n")).toContain("session.subscriptions: cmd/packdrift/v1/line-4/+/req");
    expect(answer.result.ok.join("\n")).toMatch(/nucleus\.flavour: (nucleus lite|classic nucleus)/);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(7_000);
  });

  it("checks, reports, and answers with the verdict under the request's id", async () => {
    const { ask, answers, answered, reports } = await scene({ flavour });

    await ask("line-4/check", { id: "r-1" });

    const report = await reports.next(({ trigger }) => trigger === "COMMAND");
    await answered(1);
    expect(answers).toEqual([
      {
        topic: "cmd/packdrift/v1/line-4/check/res",
        schema: "packdrift.response/1",
        thing: "line-4",
        command: "check",
        id: "r-1",
        status: "DONE",
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        result: { checks: [{ ...JOB, drift: "IN_SYNC", runnable: "RUNNABLE", report: report.id }] },
      },
    ]);
  });

  it("returns the facts, within the limits of the nucleus", async () => {
    const { ask, answers, answered } = await scene({ flavour });

    await ask("line-4/facts", { id: "f" });

    await answered(1);
    expect(answers[0]).toMatchObject({
      command: "facts",
      id: "f",
      status: "DONE",
      result: { schema: "packdrift.facts/1", arch: "X86_64" },
    });
    expect(JSON.stringify(answers[0]).length).toBeLessThan(7_000);
  });

  it("is refused once within a minute when it is malformed, without harm to the next one", async () => {
    const { ask, answers, answered, scene: it } = await scene({ flavour });
    const hostile = [
      "{",
      "[]",
      { id: 7 },
      { id: "a b" },
      { id: "x".repeat(65) },
      "[".repeat(4_000),
      `{"id":"deep","x":${"[".repeat(1_000)}${"]".repeat(1_000)}}`,
      `{"__proto__":{"id":"polluted"}}`,
      `{"constructor":{"prototype":{"id":"polluted"}}}`,
      JSON.stringify({ id: "large", pad: "x".repeat(4_200) }),
      '{"id":["a"]}',
      '{"id":null}',
      "\u0000",
      "",
    ];
    for (const body of hostile) await ask("line-4/flush", body);
    await ask("line-4/reboot", { id: "r" });
    await ask("all/check", "{");
    await ask("all/flush", { id: "window", spreadSeconds: "1" });
    await ask("all/flush", { id: "window", spreadSeconds: 1e9 });
    await ask("line-4/flush", { id: "after" });

    await answered(2);
    expect(answers.map(({ command, id, status }) => [command, id, status])).toEqual([
      ["flush", null, "REFUSED"],
      ["flush", "after", "DONE"],
    ]);
    expect(linesOf(it, "request.refused")).toHaveLength(1);
    await it.component.stop();
    expect(linesOf(it, "requests.dropped").map(({ malformed }) => malformed)).toEqual([hostile.length]);
    expect(it.component.starts.all).toHaveLength(1);
  });

  it("to all devices that is not yet due is answered after a restart, once", async () => {
    const it = await scene({ flavour });
    await it.ask("all/facts", { id: "later", spreadSeconds: 86_400 });
    await it.scene.component.output.waitFor(({ text }) => text.includes('"event":"request.taken"'));
    await it.scene.component.stop();
    const path = join(it.scene.work, "requests.json");
    const kept = JSON.parse(readFileSync(path, "utf8"));
    kept.open[0].dueAt = Date.now();
    writeFileSync(path, JSON.stringify(kept));

    await it.scene.again();

    await it.answered(1);
    expect(it.answers).toMatchObject([{ command: "facts", id: "later", status: "DONE" }]);
    // Written after the answer was accepted, so it may still be on its way.
    await expect.poll(() => JSON.parse(readFileSync(path, "utf8"))).toEqual({ taken: ["facts/later"], open: [] });
  });

  it("whose check is cut short by SIGTERM is answered after the restart, once", async () => {
    const it = await scene({ flavour });
    const hold = it.nucleus.holdOperation("GetConfiguration");
    await it.ask("line-4/check", { id: "cut-short" });
    await hold.held.waitFor(() => true);
    expect(await it.scene.component.stop()).toMatchObject({ code: 0 });
    hold.release();

    await it.scene.again();

    await it.answered(1);
    await it.scene.component.output.waitFor(({ text }) => /"trigger":"COMMAND".*"event":"check.done"/.test(text));
    expect(it.answers).toMatchObject([{ id: "cut-short", status: "DONE", result: { checks: [{ drift: "IN_SYNC" }] } }]);
    await expect.poll(() => JSON.parse(readFileSync(join(it.scene.work, "requests.json"), "utf8")).open).toEqual([]);
  });

  it("whose answer is too long for nucleus lite is answered as far as it fits, naming what is left out", async () => {
    // A map, of as many as lite can send: it stores 1,024 bytes of a list. The answer does not fit, from a source that fails in so
    // few words that each report does: lite drops the connection at a longer one.
    const jobs = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `line-${at}`,
        { project: "p".repeat(100), job: `job-${String(at).padStart(6, "0")}` },
      ]),
    );
    const {
      ask,
      answers,
      answered,
      scene: it,
    } = await scene({
      flavour,
      configuration: {
        jobs,
        source: { type: "file", path: "/none" },
        maxMessageBytes: 100_000,
        localTopic: "packdrift/reports",
      },
    });

    await ask("line-4/check", { id: "many" });
    await answered(1);

    expect(answers[0]).toMatchObject({
      status: "DONE",
      result: { leftOut: expect.stringMatching(/^\d+ of 40 checks: the message would be too long$/) },
    });
    expect(JSON.stringify(answers[0]).length).toBeLessThan(7_300);
    expect(it.nucleus.connections).toBe(1);
    expect(it.component.starts.all).toHaveLength(1);
  });

  it("is answered once though it arrives twice, over a restart too", async () => {
    const it = await scene({ flavour });
    await it.ask("line-4/facts", { id: "once" });
    await it.ask("line-4/facts", { id: "once" });
    await it.scene.component.output.waitFor(({ text }) => text.includes('"event":"request.repeated"'));
    await it.answered(1);
    await it.scene.component.stop();
    await it.scene.again();
    await it.scene.component.output.waitFor(opened);

    await it.ask("line-4/facts", { id: "once" });
    await it.ask("line-4/flush", { id: "another" });

    await it.answered(2);
    expect(it.answers.map(({ id }) => id)).toEqual(["once", "another"]);
  });

  it("is received again after the subscription stopped receiving, which the echo noticed", async () => {
    const it = await scene({ flavour, configuration: { echoSeconds: 1 } });
    const deliverAgain = it.nucleus.suppressEvents("SubscribeToIoTCore");
    await it.scene.component.output.waitFor(({ text }) => text.includes('"event":"subscriptions.deaf"'));

    deliverAgain();

    await it.scene.component.output.waitFor(({ text }) => /"trigger":"RECONNECT".*"event":"check.done"/.test(text));
    await it.ask("line-4/flush", { id: "still there?".replace(/\W/g, "-") });
    await it.answered(1);
    expect(it.answers).toHaveLength(1);
    const open = it.nucleus.subscriptions.filter((name) => name.endsWith("SubscribeToIoTCore"));
    // Requests to the thing and to all, its echo, and acknowledgements.
    expect(open).toHaveLength(4);
  });
});

describe.each(IN_FULL)("a request over IoT Core to the %s nucleus", (flavour) => {
  it("delivers waiting reports, and answers how many still wait", async () => {
    const it = await scene({ flavour });

    await it.ask("line-4/flush", { id: "now" });

    await it.answered(1);
    expect(it.answers[0]).toMatchObject({ command: "flush", id: "now", status: "DONE", result: { waiting: 0 } });
  });

  it("is refused once beyond 30 within a minute, and further ones are dropped", async () => {
    const { ask, answers, answered, scene: it } = await scene({ flavour });

    for (let at = 0; at < 50; at++) await ask("line-4/flush", { id: `f-${at}` });

    // Its refusal shows that all before it were received.
    await ask("line-4/flush", "{");
    await answered(32);
    await it.component.stop();
    expect(linesOf(it, "requests.dropped").map(({ overLimit }) => overLimit)).toEqual([19]);
    expect(answers.filter(({ status }) => status === "DONE")).toHaveLength(30);
    expect(answers.filter(({ status }) => status === "REFUSED")).toMatchObject([
      { id: "f-30", why: expect.stringMatching(/^more than 30 requests within a minute/) },
      { id: null },
    ]);
  });

  it("to flush, or that is refused, writes nothing to the disk", async () => {
    const { ask, answered, scene: it } = await scene({ flavour });

    await ask("line-4/flush", { id: "f" });
    await ask("line-4/flush", "{");
    await answered(2);
    await it.component.stop();

    expect(existsSync(join(it.work, "requests.json"))).toBe(false);
  });

  it("to check, of many at once, starts two checks, 3 s apart", async () => {
    const { ask, answers, answered, scene: it } = await scene({ flavour });

    for (let at = 0; at < 10; at++) await ask("line-4/check", { id: `c-${at}` });

    await answered(10);
    const checks = linesOf(it, "check.done").filter(({ trigger }) => trigger === "COMMAND");
    expect([checks.length, answers.every(({ status }) => status === "DONE")]).toEqual([2, true]);
    expect(Date.parse(checks[1]?.time) - Date.parse(checks[0]?.time)).toBeGreaterThan(2_000);
  });

  it("is refused with the reason while 64 others are open, and none of them is lost", async () => {
    const it = await scene({ flavour });
    await it.scene.component.stop();
    const path = join(it.scene.work, "requests.json");
    const dueAt = Date.now() + 3_600_000;
    const waiting = Array.from({ length: 64 }, (_, at) => ({ command: "check", id: `b-${at}`, dueAt }));
    writeFileSync(path, JSON.stringify({ taken: [], open: waiting, ended: true }));
    await it.scene.again();
    await it.scene.component.output.waitFor(opened);

    await it.ask("line-4/check", { id: "one-too-many" });

    await it.answered(1);
    expect(it.answers).toMatchObject([
      { command: "check", id: "one-too-many", status: "REFUSED", why: expect.stringMatching(/^64 requests are open/) },
    ]);
    await it.scene.component.stop();
    const { open } = JSON.parse(readFileSync(path, "utf8"));
    expect(open.map(({ id }: { id: string }) => id)).toEqual(waiting.map(({ id }) => id));
  });

  it.each(["check", "facts"])(
    "for %s whose answer cannot be sent at first is answered, by one action",
    async (what) => {
      const it = await scene({ flavour });
      const isOurs = ({ request }: { request: { topicName?: unknown } }) =>
        /\/res$|\/facts$/.test(String(request.topicName));
      it.nucleus.answerWith(
        "PublishToIoTCore",
        (call) => (isOurs(call) ? { error: "ServiceError", message: "offline" } : null),
        2,
      );
      await it.ask(`line-4/${what}`, { id: "patient" });
      await it.nucleus.calls.waitFor(isOurs);
      await it.ask(`line-4/${what}`, { id: "patient" });
      await it.scene.component.output.waitFor(({ text }) => text.includes('"event":"request.repeated"'));

      await it.answered(1);

      expect(it.answers).toMatchObject([{ command: what, id: "patient", status: "DONE" }]);
      const actions = it.scene.component.output.all.filter(({ text }) =>
        /"trigger":"COMMAND".*"check.done"/.test(text),
      );
      expect(actions).toHaveLength(what === "check" ? 1 : 0);
      expect(it.nucleus.calls.all.filter(isOurs)).toHaveLength(what === "check" ? 3 : 4);
    },
  );

  it("whose answer cannot be sent before the end is answered after a restart", async () => {
    const it = await scene({ flavour });
    const sendAgain = it.nucleus.answerWith("PublishToIoTCore", ({ request }) =>
      String(request.topicName).endsWith("/res") ? { error: "ServiceError", message: "offline" } : null,
    );
    await it.ask("line-4/facts", { id: "kept" });
    await it.scene.component.output.waitFor(({ text }) => text.includes('"event":"message.not-sent"'));
    await it.scene.component.stop();
    sendAgain();

    await it.scene.again();

    await it.answered(1);
    expect(it.answers).toMatchObject([{ id: "kept", status: "DONE" }]);
  });

  it("to all devices is answered within the window that it names", async () => {
    const it = await scene({ flavour });

    await it.ask("all/check", { id: "fleet", spreadSeconds: 1 });

    await it.answered(1);
    expect(it.answers[0]).toMatchObject({ id: "fleet", status: "DONE" });
    const taken = it.scene.component.output.all.find(({ text }) => text.includes('"event":"request.taken"'));
    expect(JSON.parse(taken?.text ?? "{}").delayMs).toBeLessThan(1_000);
  });
});

if (isLong)
  describe("requests", () => {
    it("that come while a check runs share the next one", async () => {
      const it = await scene();
      const hold = it.nucleus.holdOperation("GetConfiguration");
      await it.ask("line-4/check", { id: "first" });
      await hold.held.waitFor(() => true);
      await it.ask("line-4/check", { id: "second" });
      await it.ask("line-4/check", { id: "third" });
      await it.scene.component.output.waitFor(({ text }) => text.includes('"event":"request.taken"'), 3);

      hold.release();

      await it.answered(3);
      const reportOf = (id: string) =>
        (it.answers.find((answer) => answer.id === id) as { result: { checks: { report: string }[] } }).result.checks[0]
          ?.report;
      expect(reportOf("second")).toBe(reportOf("third"));
      expect(reportOf("first")).not.toBe(reportOf("second"));
    });
  });
