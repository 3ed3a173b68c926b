import { describe, expect, it } from "vitest";
import { subscriptionTable } from "../../../src/transports/mqtt/subscription-table.js";

function entry(filter: string, log: string[]) {
  return {
    filter,
    events: {
      onMessage: ([topic, payload]: readonly [string, string]) => void log.push(`${filter}: ${topic} ${payload}`),
      onEnded: () => void log.push(`${filter} ended`),
    },
  };
}

describe("subscriptionTable", () => {
  it("passes a message to every subscription whose filter matches", () => {
    const log: string[] = [];
    const table = subscriptionTable();
    for (const filter of ["a/+", "a/b", "c/#"]) table.add(entry(filter, log));

    table.deliver("a/b", "{}");

    expect(log).toEqual(["a/+: a/b {}", "a/b: a/b {}"]);
  });

  it("forgets what is removed, and knows whether another has the same filter", () => {
    const table = subscriptionTable();
    const [one, other] = [entry("a", []), entry("a", [])];
    table.add(one);
    table.add(other);
    table.remove(one);
    expect(table.has("a")).toBe(true);
    table.remove(other);

    expect(table.has("a")).toBe(false);
  });

  it("ends every subscription once when the broker has forgotten the session", () => {
    const log: string[] = [];
    const table = subscriptionTable();
    table.add(entry("a", log));
    table.endAll();
    table.endAll();
    table.deliver("a", "late");

    expect(log).toEqual(["a ended"]);
  });
});
