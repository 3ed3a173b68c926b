import { afterEach, expect, it } from "vitest";
import { NAME, startScene } from "./flow-parts.js";

const open: Awaited<ReturnType<typeof startScene>>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

it("keeps the running process when nucleus lite cannot install what was deployed, until it can", async () => {
  const scene = await startScene({ flavour: "lite", isNew: true, restart: true });
  open.push(scene);
  const { component, nucleus } = scene;
  await component.output.waitFor(({ text }) => text.includes('"event":"subscriptions.open"'));
  const { pid } = component;
  const installs = () => component.output.all.filter(({ step, stream }) => step === "install" && stream === "stderr");

  expect(await nucleus.deploy(NAME, { id: "bad", configuration: { nodePath: "/nowhere/node" } })).toEqual({
    id: "bad",
    status: "FAILED",
    reason: `${NAME}: install is broken`,
  });

  expect(installs().map(({ text }) => text)).toEqual(
    Array(3).fill(expect.stringContaining('packdrift needs Node.js 16.20 or later. Found: no program "/nowhere/node"')),
  );
  await scene.cloud.publish("cmd/packdrift/v1/line-4/check/req", Buffer.from('{"id":"r-1"}'), { qos: 1 });
  await scene.reports.next(({ trigger }) => trigger === "COMMAND");
  expect([component.pid, component.starts.all.length, nucleus.stateOf(NAME)]).toEqual([pid, 1, "RUNNING"]);

  expect(await nucleus.deploy(NAME, { configuration: { nodePath: process.execPath } })).toMatchObject({
    status: "SUCCEEDED",
  });
  await component.starts.waitFor(() => true, 2);
  expect(installs()).toHaveLength(3);
});
