import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ARTIFACTS, NAME, startScene } from "./flow-parts.js";

let artifacts: string;
/** What nucleus lite runs for each file of `--artifacts-dir`, whatever is running. */
const copyOver = () => execFileSync("cp", ["-RP", `${ARTIFACTS}/.`, artifacts]);
const closers: (() => unknown)[] = [];
beforeEach(() => {
  artifacts = mkdtempSync(join(tmpdir(), "packdrift-artifacts-"));
  closers.push(() => rmSync(artifacts, { recursive: true }));
  copyOver();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it("answers a request after nucleus lite has copied the same version over the one that runs", async () => {
  const scene = await startScene({ flavour: "lite", artifacts });
  closers.push(scene.close);
  await scene.component.output.waitFor(({ text }) => text.includes('"event":"subscriptions.open"'));
  await scene.reports.next(() => true);

  copyOver();
  await scene.cloud.publish("cmd/packdrift/v1/line-4/check/req", Buffer.from('{"id":"r-1"}'), { qos: 1 });

  const ended = scene.component.exited.then((exit) => ({ trigger: JSON.stringify(exit) }));
  expect(await Promise.race([scene.reports.next(({ trigger }) => trigger === "COMMAND"), ended])).toMatchObject({
    trigger: "COMMAND",
  });
  expect(readdirSync(scene.work).filter((name) => name.endsWith(".node"))).toEqual([]);
});

it.each([
  ["0700", ".native-part.node (deleted)", "aws-crt-"],
  ["0777", "aws-crt-", ".native-part.node"],
])("with a work folder of mode %s loads the native part from %s", async (mode, loaded, notLoaded) => {
  const scene = await startScene({
    flavour: "lite",
    artifacts,
    onNucleus: (_, folder) => chmodSync(join(folder, "work", NAME), Number.parseInt(mode, 8)),
  });
  closers.push(scene.close);
  await scene.reports.next(() => true);

  const mapped = readFileSync(`/proc/${scene.component.pid}/maps`, "utf8");

  expect(mapped).toContain(loaded);
  expect(mapped).not.toContain(notLoaded);
});
