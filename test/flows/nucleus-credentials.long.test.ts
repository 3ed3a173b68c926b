import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Nucleus } from "../../src/lab/nucleus.js";
import { startTokenExchange } from "../../src/lab/token-exchange.js";
import { startApi } from "./api.js";
import { JOB, startScene, TOP } from "./flow-parts.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const ANSWER = JSON.parse(readFileSync(join(TOP, "src/lab/jobs/x86-cpu-avx2.json"), "utf8"));

/** A device whose token exchange service gets no credentials from the cloud. */
async function scene(source: (endpoint: string) => object, configuration: object = {}) {
  let nucleus: Nucleus | null = null;
  const exchange = await startTokenExchange((token) => nucleus?.componentOfToken(token) ?? null);
  exchange.mode = "null";
  closers.push(exchange.close);
  const service = await startApi(() => ({ status: 200, body: ANSWER }));
  closers.push(service.close);
  const it = await startScene({
    flavour: "lite",
    configuration: { source: source(service.url), ...configuration },
    nucleus: { credentialsUri: exchange.uri },
    onNucleus: (started) => {
      nucleus = started;
    },
  });
  closers.push(it.close);
  return { ...it, exchange, service };
}

describe("a token exchange service that answers 200 with null, as nucleus lite's does without credentials", () => {
  // Each further question came a second or more after the one before, and every check waited for all four.
  it("is asked at most once in a check, and the archive is then asked without a signature", async () => {
    const it = await scene((endpoint) => ({ type: "archive", endpoint }));

    expect(await it.reports.next(() => true)).toMatchObject({ drift: "IN_SYNC", job: { unavailable: null } });

    await it.component.output.waitFor(({ text }) => text.includes('"event":"check.done"'));
    expect(it.service.authorizations).toEqual([""]);
    expect(it.exchange.requests).toBeLessThanOrEqual(1);
  });

  it("is asked once in a check of eight jobs that need credentials", async () => {
    const jobs = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((n) => [`line${n}`, { ...JOB, job: `job-${n}` }]));
    const it = await scene((endpoint) => ({ type: "api", endpoint }), { jobs });

    await it.component.output.waitFor(({ text }) => text.includes('"event":"check.done"'));

    expect((await it.reports.next(({ sequence }) => sequence === 8)).job.unavailable?.reason).toBe("DENIED");
    expect(it.exchange.requests).toBe(1);
  });

  it("is not asked where the source is a file", async () => {
    const path = join(TOP, "src/lab/jobs/x86-cpu-avx2.json");
    const it = await scene(() => ({ type: "file", path }));

    expect(await it.reports.next(({ job }) => job.name === JOB.job)).toMatchObject({ drift: "IN_SYNC" });

    expect(it.exchange.requests).toBe(0);
  });
});

describe("a token exchange service that has never run on the device", () => {
  const asNew = (flavour: "classic" | "lite") =>
    startScene({ flavour, isNew: true, nucleus: { credentialsUri: null } });

  it("is not needed on the classic nucleus", async () => {
    const it = await asNew("classic");
    closers.push(it.close);

    expect(await it.reports.next(() => true)).toMatchObject({ drift: "IN_SYNC" });
  });

  // Its runner wants the port before it starts a step, which docs/troubleshooting.md says under these words.
  it("keeps nucleus lite from starting any step of packdrift", async () => {
    const it = await asNew("lite");
    closers.push(it.close);

    expect(await it.component.exited).toMatchObject({ code: 1 });

    const [line] = it.component.output.all;
    expect(line).toMatchObject({ step: "install", text: "Failed to get port for TES server from config." });
    expect(readFileSync(join(TOP, "docs/troubleshooting.md"), "utf8")).toContain(String(line?.text).slice(0, -1));
  });
});
