import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { NAME, type SceneOptions, startScene } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
let open: Scene | null = null;
async function scene(options: SceneOptions): Promise<Scene> {
  open = await startScene({ isNew: true, ...options });
  return open;
}
afterEach(async () => {
  await open?.close();
  open = null;
});

describe("the component's work folder", () => {
  it("keeps what damping remembers: a difference counts in the second check, after a restart", async () => {
    const damping = [{ rule: "component.version", raiseAfter: "2" }];
    const it = await scene({ deployed: "5.0.0", configuration: { damping } });
    const first = await it.reports.next(() => true);
    await it.component.stop();
    await it.again();
    const second = await it.reports.next(({ sequence }) => sequence > first.sequence);

    const version = (report: typeof first) => report.findings.find(({ rule }) => rule === "component.version");
    expect([first.drift, version(first)?.damped]).toEqual(["IN_SYNC", { state: "RISING", checks: 1, needed: 2 }]);
    expect([second.drift, version(second)?.damped]).toEqual(["DRIFTED", undefined]);
    expect(JSON.parse(readFileSync(join(it.work, "damping.json"), "utf8"))).toEqual({
      "bottle-caps/bottle-caps-x86-cpu": expect.any(Object),
    });
  });

  it("holds drop-ins with facts; one that cannot be used is named in the report", async () => {
    const it = await scene({});
    await it.reports.next(() => true);
    mkdirSync(join(it.work, "facts.d"));
    const driver = { key: "driver", value: "535.129.03", source: "asset register" };
    writeFileSync(join(it.work, "facts.d/good.json"), JSON.stringify(driver));
    writeFileSync(join(it.work, "facts.d/bad.json"), "{");
    it.nucleus.setConfiguration(NAME, { logLevel: "debug" });

    const report = await it.reports.next(({ agent }) => agent.problems.length > 0);

    expect(report.agent.problems).toEqual([
      `Cannot use the facts in "${join(it.work, "facts.d/bad.json")}": is not valid JSON in UTF-8`,
    ]);
    expect(report.device.driver).toBe("535.129.03");
  });
});
