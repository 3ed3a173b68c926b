import { afterEach, describe, expect, it } from "vitest";
import { startScene } from "./flow-parts.js";

const open: Awaited<ReturnType<typeof startScene>>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe("an IPC daemon of nucleus lite that is stopped", () => {
  // With a start each second, three in an hour, systemd gives up on a component long before 45 s are over.
  it("for longer than systemd tries does not break the component, which reports again when it is back", async () => {
    const it = await startScene({ flavour: "lite", restart: true });
    open.push(it);
    const first = await it.reports.next(() => true);
    await it.component.output.waitFor(({ text }) => text.includes('"event":"report.delivered"'));

    await it.nucleus.stop();
    // The lab starts a failed component 50 times as fast as systemd: 45 s are 900 ms here.
    await new Promise((resolve) => setTimeout(resolve, 900));
    await it.nucleus.start();

    const second = await it.reports.next(({ sequence }) => sequence === 2);
    expect(second).toMatchObject({ epoch: first.epoch, drift: "IN_SYNC" });
  });
});
