import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RULE_IDS } from "../../src/drift/finding.js";
import { mqttTopics } from "../topics-used.js";
import { pageOf, TOP } from "./pages.js";

const ROOMS = ["agent", "examiner", "transports", "outbox", "archive", "fleet", "commands"];
const FILE = /\.(?:json|log|db|iterable|sock|pem|ts|js|mjs|cjs)$/;

/** Names like `check.done` that the code writes as texts: events, where they are neither rules nor files nor checks of doctor. */
function eventsInCode(): readonly string[] {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(TOP, "src", room), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !/^(?:doctor|help|web\/browser)\//.test(file))
      .map((file) => readFileSync(join(TOP, "src", room, file), "utf8")),
  );
  const called = files.flatMap((text) => [
    ...text.matchAll(
      /\b(?:info|warn|error|debug|log|warning|event:|onEvent\(|event === |\?)\s*\(?\s*"([a-z]+\.[a-z-]+)"/g,
    ),
  ]);
  const names = called.map(([, name = ""]) => name);
  const rules: readonly string[] = RULE_IDS;
  return [...new Set(names)].filter((name) => !rules.includes(name) && !FILE.test(name)).sort();
}

describe("docs/reference/log-events.md", () => {
  const { text } = pageOf("docs/reference/log-events.md");
  const named = new Set([...text.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(([, name = ""]) => name));

  it("names every event that the code logs", () => {
    const events = eventsInCode();

    expect(events.length).toBeGreaterThan(60);
    expect(events.filter((event) => !named.has(event))).toEqual([]);
  });

  it("names no event that the code does not have", () => {
    const files = ROOMS.flatMap((room) =>
      readdirSync(join(TOP, "src", room), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => readFileSync(join(TOP, "src", room, file), "utf8")),
    ).join("\n");

    expect([...named].filter((event) => !files.includes(`"${event}"`))).toEqual([]);
  });
});

describe("the topics of docs/reference/reports-and-topics.md", () => {
  it("are those that the component uses", () => {
    const { text } = pageOf("docs/reference/reports-and-topics.md");
    const used = mqttTopics("{thing}").map(({ topic }) =>
      topic
        .replace(/^\$aws\/.*$/, "$aws/things/{thing}/shadow/name/packdrift/…")
        .replace(
          /^cmd\/packdrift\/v1\/(\{thing\}|all)\/(?!ack\/)[^/]+\/(req|res)$/,
          "cmd/packdrift/v1/$1/{command}/$2",
        ),
    );
    const shown = [...text.matchAll(/^\| `([^`]+)` \| (?:sent|received)/gm)].map(([, topic = ""]) => topic);

    expect([...new Set(used)].sort()).toEqual([...new Set(shown)].sort());
  });
});
