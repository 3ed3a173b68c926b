import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { RULE_IDS } from "../../src/drift/finding.js";
import { startApiOfOne } from "./api.js";
import { startScene, stopReadingAt, TOP } from "./flow-parts.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const ANSWER = JSON.parse(readFileSync(join(TOP, "test/flows/jobs/x86-cuda114.json"), "utf8"));
const JOBS = Array.from({ length: 40 }, (_, at) => `weld-seams-${at}`);
/** By then reports of 13 kB and their local copies have filled the socket, which holds 208 KiB. */
const ATTEMPTS_UNTIL_FULL = 6;

describe("a nucleus that reads nothing until its socket is full, and then drops the connection", () => {
  it("does not make the component crash, and receives every report in order once it reads again", async () => {
    const api = await startApiOfOne(ANSWER);
    closers.push(api.close);
    const project = ANSWER.ModelPackagingDescription.ProjectName;
    let readAgain = () => {};
    const it = await startScene({
      configuration: {
        jobs: JOBS.map((job) => ({ project, job })),
        source: { type: "archive", endpoint: api.url },
        waivers: RULE_IDS.map((rule) => ({ rule, reason: "known since the line was commissioned ".repeat(13) })),
        maxMessageBytes: 120_000,
        localTopic: "packdrift/reports",
      },
      onNucleus(nucleus) {
        readAgain = stopReadingAt(nucleus, "PublishToIoTCore");
      },
    });
    closers.push(it.close);
    const { output } = it.component;

    await output.waitFor(
      ({ text }) => text.includes('"event":"report.kept"') && text.includes(`"attempts":${ATTEMPTS_UNTIL_FULL},`),
    );
    // What the component sends for new streams stays in its process, and each times out there.
    it.nucleus.endStreams("SubscribeToConfigurationUpdate");
    await output.waitFor(({ text }) => text.includes('"event":"nucleus.trouble"') && /within \d+ ms/.test(text));
    // Longer than a native stream needs to notice that it was closed.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    it.nucleus.dropConnections();
    readAgain();

    expect(await it.component.exited).toEqual({ code: 1, signal: null });
    expect(output.all.filter(({ stream }) => stream === "stderr")).toEqual([]);
    await it.again();
    await it.reports.next(({ sequence }) => sequence === JOBS.length);
    const sequences = it.reports.all.map(({ sequence }) => sequence).filter((sequence) => sequence <= JOBS.length);
    expect([...new Set(sequences)]).toEqual(JOBS.map((_, at) => at + 1));
  });
});
