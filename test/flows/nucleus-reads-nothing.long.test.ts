import { afterEach, describe, expect, it } from "vitest";
import { MODEL, NAME, startScene, stopReadingAt } from "./flow-parts.js";

const open: Awaited<ReturnType<typeof startScene>>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const event = (name: string) => (line: { text: string }) => line.text.includes(`"event":"${name}"`);

describe.each(["classic", "lite"] as const)("a %s nucleus that reads nothing", (flavour) => {
  it("and then drops the connection does not make the component crash", async () => {
    let readAgain = () => {};
    const it = await startScene({
      flavour,
      onNucleus(nucleus) {
        // Everything after the first call is left in the socket: subscriptions, publishes, reads of the configuration.
        readAgain = stopReadingAt(nucleus, "GetConfiguration");
      },
    });
    open.push(it);
    await it.component.output.waitFor(({ text }) => /within \d+ ms/.test(text));
    // Longer than a native stream needs to notice that it was closed.
    await new Promise((resolve) => setTimeout(resolve, 1_500));

    it.nucleus.dropConnections();
    readAgain();

    expect(await it.component.exited).toEqual({ code: 1, signal: null });
    expect(it.component.output.all.filter(({ stream }) => stream === "stderr")).toEqual([]);
  });

  it("is asked again once it reads, and the change made meanwhile is reported", async () => {
    const it = await startScene({ flavour, restart: true });
    open.push(it);
    await it.reports.next(() => true);
    await it.component.output.waitFor(event("report.delivered"));
    const readAgain = it.nucleus.stopReading();

    it.nucleus.setConfiguration(NAME, { deployedVersion: [`${MODEL.name}=9.0.0`] });
    await it.component.output.waitFor(({ text }) => /within \d+ ms/.test(text));
    readAgain();

    const report = await it.reports.next(({ component }) => component.deployedVersion === "9.0.0");
    expect(report.drift).toBe("DRIFTED");
  });
});
