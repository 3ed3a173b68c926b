import { afterEach, expect, it } from "vitest";
import { startScene } from "./flow-parts.js";

const open: Awaited<ReturnType<typeof startScene>>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

// aws-greengrass-nucleus, issue 1814: a nucleus under load answers Connect after 10 s and more.
it("joins a nucleus that takes 12 s to answer, with the first attempt", async () => {
  const it = await startScene({ onNucleus: (nucleus) => void nucleus.delayAcknowledgements(12_000) });
  open.push(it);

  const report = await it.reports.next(() => true);

  expect(report).toMatchObject({ sequence: 1, trigger: "START", drift: "IN_SYNC" });
  expect([it.nucleus.connections, it.component.starts.all.length]).toEqual([1, 1]);
});
