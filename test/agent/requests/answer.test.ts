import { describe, expect, it } from "vitest";
import { answerRequests } from "../../../src/agent/requests/answer.js";
import { trySending } from "../../../src/agent/try-send.js";
import { DeliveryError, ExpectedError } from "../../../src/base/errors.js";
import { parseSettings } from "../../../src/config/parse-settings.js";
import { someReport } from "../../report/builders.js";
import { fakeClock, fakeLog } from "../fake-clock.js";

const PREFIX = "cmd/packdrift/v1";

/** A thing that receives requests, whose work and connection are moved by hand. */
function scene(clock = fakeClock(), files = new Map<string, string>()) {
  const log = fakeLog();
  const state = {
    failure: null as Error | null,
    checkFailure: null as Error | null,
    work: { check: 0, facts: 0, flush: 0, doctor: 0 },
    gate: Promise.resolve(),
    published: [] as { readonly topic: string; readonly message: Record<string, unknown> }[],
    writes: 0,
  };
  const requests = answerRequests({
    thing: "line-4",
    log,
    store: {
      read: (name) => files.get(name) ?? null,
      write(name, text) {
        state.writes += 1;
        files.set(name, text);
      },
    },
    cloud: {
      async publish(topic, payload) {
        if (state.failure !== null) throw state.failure;
        state.published.push({ topic, message: JSON.parse(payload) });
      },
    },
    work: {
      async check() {
        state.work.check += 1;
        if (state.checkFailure !== null) throw state.checkFailure;
        await state.gate;
        return [someReport()];
      },
      async facts() {
        state.work.facts += 1;
        return { schema: "packdrift.facts/1" };
      },
      async doctor() {
        state.work.doctor += 1;
        return { schema: "packdrift.doctor/1" };
      },
      async flush() {
        state.work.flush += 1;
        return 3;
      },
    },
    settings: () => parseSettings({}),
    trySend: trySending(log),
    later: clock.later,
    nowMs: clock.nowMs,
    random: () => 0.999,
  });
  const ask = (path: string, body: unknown) =>
    requests.receive(`${PREFIX}/${path}/req`, typeof body === "string" ? body : JSON.stringify(body), PREFIX);
  return { requests, ask, state, log, clock, files };
}
const answersOf = ({ published }: ReturnType<typeof scene>["state"]) =>
  published.map(({ message: { command, id, status } }) => `${command} ${id} ${status}`);

describe("answerRequests", () => {
  it("answers a flush with how many reports still wait", async () => {
    const { ask, state, clock } = scene();

    ask("line-4/flush", { id: "f" });
    await clock.pass(0);

    expect(state.published).toEqual([
      {
        topic: `${PREFIX}/line-4/flush/res`,
        message: {
          schema: "packdrift.response/1",
          thing: "line-4",
          at: "2026-11-23T18:00:00.000Z",
          command: "flush",
          id: "f",
          status: "DONE",
          result: { waiting: 3 },
        },
      },
    ]);
  });

  it("publishes facts before it answers", async () => {
    const { ask, state, clock } = scene();

    ask("line-4/facts", { id: "f" });
    await clock.pass(0);

    expect(state.published.map(({ topic }) => topic)).toEqual([
      "dt/packdrift/v1/line-4/facts",
      `${PREFIX}/line-4/facts/res`,
    ]);
  });

  it("answers FAILED with the reason where the work fails as expected", async () => {
    const { ask, state, clock } = scene();
    state.checkFailure = new ExpectedError("Cannot check: no");

    ask("line-4/check", { id: "c" });
    await clock.pass(0);

    expect(state.published[0]?.message).toMatchObject({ status: "FAILED", why: "Cannot check: no" });
  });

  it("performs a repeated request once, and sends the one answer until it gets through", async () => {
    const { ask, state, clock, log } = scene();
    state.failure = new DeliveryError("offline", true);
    ask("line-4/check", { id: "c" });
    await clock.pass(0);
    ask("line-4/check", { id: "c" });
    await clock.pass(10_000);
    state.failure = null;
    await clock.pass(60_000);

    expect([state.work.check, answersOf(state)]).toEqual([1, ["check c DONE"]]);
    expect([log.of("request.repeated"), log.of("message.not-sent")]).toEqual([
      [{ command: "check", id: "c" }],
      [{ message: "offline" }],
    ]);
  });

  it("sends an answer within 15 s of the end of an outage of five minutes", async () => {
    const { ask, state, clock } = scene();
    state.failure = new DeliveryError("offline", true);
    ask("line-4/facts", { id: "f" });
    await clock.pass(300_000);
    state.failure = null;
    await clock.pass(15_000);

    expect(answersOf(state)).toContain("facts f DONE");
  });

  it("gives up an answer that can never be sent, or not within a day", async () => {
    const { ask, state, clock, log } = scene();
    state.failure = new DeliveryError("too long", false);
    ask("line-4/check", { id: "never" });
    await clock.pass(0);
    expect(log.of("request.given-up")).toEqual([{ command: "check", id: "never" }]);

    state.failure = new DeliveryError("offline", true);
    ask("line-4/check", { id: "late" });
    await clock.pass(86_400_000 + 300_000);

    expect(log.of("request.given-up")).toHaveLength(2);
  });

  it("performs a broadcast when it is due, also in the next session", async () => {
    const first = scene();
    first.ask("all/check", { id: "b", spreadSeconds: 100 });
    await first.clock.pass(99_000);
    first.requests.stop();
    expect([first.state.work.check, first.clock.waits]).toEqual([0, []]);

    const second = scene(first.clock, first.files);
    second.requests.resume(PREFIX);
    await second.clock.pass(1_000);

    expect(answersOf(second.state)).toEqual(["check b DONE"]);
    expect(JSON.parse(second.files.get("requests.json") ?? "")).toEqual({ taken: ["check/b"], open: [] });
  });

  it("leaves a check that the end of the session cut short to the next session", async () => {
    const first = scene();
    let end = () => {};
    first.state.gate = new Promise((resolve) => {
      end = resolve;
    });
    first.ask("line-4/check", { id: "c" });
    await first.clock.pass(0);
    first.requests.stop();
    end();
    await first.clock.pass(0);
    expect(answersOf(first.state)).toEqual([]);

    const second = scene(first.clock, first.files);
    second.requests.resume(PREFIX);
    await second.clock.pass(0);

    expect(answersOf(second.state)).toEqual(["check c DONE"]);
  });

  it("refuses a request beyond 64 open ones with the reason, but a broadcast without an answer", async () => {
    const { ask, state, clock, log } = scene();
    state.gate = new Promise(() => undefined);
    for (let at = 0; at < 64; at++) {
      ask(at < 32 ? "all/check" : "line-4/check", { id: `b-${at}`, spreadSeconds: 86_400 });
      // No more than may come within a minute.
      if (at % 29 === 28) await clock.pass(60_000);
    }

    ask("line-4/check", { id: "one-too-many" });
    ask("all/check", { id: "broadcast-too-many", spreadSeconds: 86_400 });
    await clock.pass(0);

    const why = "64 requests are open already: send it again when some are answered";
    expect(state.published.map(({ message }) => message)).toMatchObject([
      { command: "check", id: "one-too-many", status: "REFUSED", why },
    ]);
    expect(log.of("request.refused").map(({ id }) => id)).toEqual(["one-too-many"]);
  });

  it("answers the first malformed request within a minute, counts the others, and continues", async () => {
    const { ask, state, clock, log } = scene();

    for (let at = 0; at < 5; at++) ask("line-4/check", "{");
    ask("line-4/flush", { id: "after" });
    await clock.pass(60_000);
    ask("line-4/check", "{");
    await clock.pass(0);

    expect(answersOf(state)).toEqual(["check null REFUSED", "flush after DONE", "check null REFUSED"]);
    expect([log.of("request.refused").length, log.of("requests.dropped")]).toEqual([2, [{ malformed: 4 }]]);
  });

  it("accepts 30 requests within a minute, refuses the next one, and drops further ones without a word", async () => {
    const { ask, state, clock, log } = scene();

    for (let at = 0; at < 40; at++) ask("line-4/flush", { id: `f-${at}` });
    await clock.pass(60_000);
    ask("line-4/flush", { id: "later" });
    await clock.pass(0);

    expect(answersOf(state).filter((answer) => answer.endsWith("DONE"))).toHaveLength(31);
    expect(answersOf(state).filter((answer) => answer.endsWith("REFUSED"))).toEqual(["flush f-30 REFUSED"]);
    expect(log.of("requests.dropped")).toEqual([{ overLimit: 9 }]);
  });

  it("writes nothing for a flush or a refusal", async () => {
    const { ask, state, clock, requests } = scene();

    ask("line-4/flush", { id: "f" });
    ask("line-4/flush", { id: "f" });
    ask("line-4/flush", "{");
    await clock.pass(0);
    requests.stop();

    expect([answersOf(state), state.writes]).toEqual([["flush null REFUSED", "flush f DONE"], 0]);
  });

  it("makes one check for all requests that come within 3 s of the last one's start", async () => {
    const { ask, state, clock } = scene();

    for (let at = 0; at < 10; at++) ask("line-4/check", { id: `c-${at}` });
    await clock.pass(2_999);
    expect([state.work.check, answersOf(state).length]).toEqual([1, 1]);
    await clock.pass(1);

    expect([state.work.check, answersOf(state).length]).toEqual([2, 10]);
  });
});
