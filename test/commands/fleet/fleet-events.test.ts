import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fleetEvents } from "../../../src/commands/fleet/fleet-events.js";

function printed(json: boolean) {
  const lines: string[] = [];
  const terminal = {
    out: (text: string) => lines.push(`out ${text}`),
    err: (text: string) => lines.push(`err ${text}`),
    env: {},
    isTerminal: false,
    columns: 100,
  };
  return { lines, log: fleetEvents(terminal, json, () => 0) };
}

describe("fleetEvents", () => {
  it("prints sentences, warnings and errors on standard error, on one line whatever they quote", () => {
    const { lines, log } = printed(false);
    log.info("broker.connected", { host: "broker", port: 1_883, clientId: "fleet-1", session: false });
    log.warn("broker.lost", { message: "socket\nclosed" });
    log.error("store.failed", { message: "the disk is full" });
    log.info("something.else", { count: 2 });
    log.debug("nothing");

    expect(lines).toEqual([
      "out Connected to broker:1883 as fleet-1\n",
      "err Warning: Lost the connection to the broker: socket\\u000aclosed; trying again\n",
      "err Error: Cannot store: the disk is full; nothing is acknowledged until it can, and devices keep their reports\n",
      "out something.else count=2\n",
    ]);
  });

  it("says which address could not be answered only where one was asked for", () => {
    const { lines, log } = printed(false);
    log.error("page.failed", { url: "/devices", message: "the disk is full" });
    log.error("page.failed", { url: "tokens.txt", message: 'Cannot read tokens from "tokens.txt"' });

    expect(lines).toEqual([
      "err Error: Cannot answer /devices: the disk is full\n",
      'err Error: Cannot read tokens from "tokens.txt"\n',
    ]);
  });

  it("has a sentence for each event of the fleet that the documentation names", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/reference/log-events.md"), "utf8");
    const [, fleet = ""] = page.split("## The fleet");
    const [table = ""] = fleet.split("At `debug`");
    const events = [...table.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(([, event = ""]) => event);
    const { lines, log } = printed(false);
    for (const event of events) log.info(event);

    expect(events.length).toBeGreaterThan(30);
    expect(events.filter((event, at) => lines[at]?.includes(event))).toEqual([]);
  });

  it("prints one JSON object per line on standard output", () => {
    const { lines, log } = printed(true);
    log.warn("broker.lost", { message: "closed" });

    expect(lines).toEqual([
      'out {"level":"warn","time":"1970-01-01T00:00:00.000Z","event":"broker.lost","message":"closed"}\n',
    ]);
  });
});
