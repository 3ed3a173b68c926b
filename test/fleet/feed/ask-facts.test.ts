import { describe, expect, it } from "vitest";
import { askFacts } from "../../../src/fleet/feed/ask-facts.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";
import { fakeClock, fakeLog } from "../../agent/fake-clock.js";
import { memoryDatabase } from "./memory-database.js";

function scene() {
  const clock = fakeClock();
  const database = memoryDatabase();
  let ids = 0;
  const it = askFacts({
    database,
    prefixes: TOPIC_PREFIXES,
    perSecond: 20,
    log: fakeLog(),
    later: clock.later,
    now: clock.nowMs,
    newId: () => `f-${++ids}`,
    wake: () => {},
  });
  const topics = () => {
    const found: string[] = [];
    for (let message = it.next(); message !== null; message = it.next()) found.push(message.topic);
    return found;
  };
  return { clock, database, it, topics };
}

describe("askFacts", () => {
  it("asks a thing once, however often it is named, and records when", async () => {
    const { clock, database, it: lane } = scene();
    database.insert("thing", { thing: "line-4" });
    lane.add(["line-4", "line-4", "all"]);

    const message = lane.next();
    expect(message).toMatchObject({ topic: "cmd/packdrift/v1/line-4/facts/req", payload: '{"id":"f-1"}' });
    expect(lane.next()).toBeNull();
    message?.onSent();
    await clock.pass(500);

    expect(database.run("SELECT facts_asked_at FROM thing")).toEqual([{ facts_asked_at: "2026-11-23T18:00:00.500Z" }]);
  });

  it("asks again what the broker did not take", () => {
    const { it: lane, topics } = scene();
    lane.add(["line-4"]);
    lane.next()?.onFailed();

    expect(topics()).toEqual(["cmd/packdrift/v1/line-4/facts/req"]);
  });

  it("asks a thing again that changed after it sent its facts, if it was not asked since, or long ago in vain", async () => {
    const { database, it: lane, topics } = scene();
    const at = (hour: number) => `2026-11-23T${String(hour).padStart(2, "0")}:00:00.000Z`;
    const thing = (name: string, facts_at: number, change_at: number, facts_asked_at: number, last_heard = 17) =>
      database.insert("thing", {
        ...{ thing: name, facts_at: at(facts_at), change_at: at(change_at) },
        ...{ facts_asked_at: at(facts_asked_at), last_heard: at(last_heard) },
      });
    thing("a-told-since", 16, 15, 15);
    thing("b-not-asked-since", 9, 17, 8);
    thing("c-asked-just-now", 9, 16, 17);
    thing("d-asked-in-vain", 9, 10, 11);
    thing("e-asked-in-vain-and-still-offline", 9, 10, 11, 11);
    thing("f-asked-by-a-clock-that-was-ahead", 9, 10, 23);
    await lane.resume();

    expect(topics().map((topic) => topic.split("/")[3]?.[0])).toEqual(["b", "d", "f"]);
  });

  it("asks after a restart the things that were never asked, and those heard long after they were asked in vain", async () => {
    const { database, it: lane, topics } = scene();
    const [old, recent] = ["2026-11-23T06:00:00.000Z", "2026-11-23T17:59:00.000Z"];
    const thing = (name: string, facts_asked_at: string | null, last_heard: string | null, facts_at: string | null) =>
      database.insert("thing", { thing: name, facts_asked_at, last_heard, facts_at });
    thing("new", null, recent, null);
    thing("expected-only", null, null, null);
    thing("answered", old, recent, recent);
    thing("offline-then-heard", old, recent, null);
    thing("still-offline", old, old, null);
    thing("just-asked", recent, recent, null);
    for (let at = 0; at < 1_500; at++) thing(`x-${at}`, null, recent, null);
    await lane.resume();

    const asked = topics();
    expect(asked).toHaveLength(1_502);
    expect(asked.filter((topic) => !topic.includes("/x-"))).toEqual([
      "cmd/packdrift/v1/new/facts/req",
      "cmd/packdrift/v1/offline-then-heard/facts/req",
    ]);
  });
});
