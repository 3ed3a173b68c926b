import { describe, expect, it } from "vitest";
import { followFiles } from "../../src/agent/watch.js";
import { watchedFiles } from "../../src/agent/watched-files.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import { someResult } from "./builders.js";
import { fakeClock } from "./fake-clock.js";

const NOTHING = { components: [], modelFiles: [] };
const FOLDERS = { root: "/", work: "/work", greengrassRoot: "/greengrass/v2" };

describe("watchedFiles", () => {
  it("names facts alone before the settings are known, below the root that is read", () => {
    const watched = watchedFiles({ ...FOLDERS, root: "/mnt" }, null, NOTHING);

    expect([watched.get("DEPLOYMENT"), watched.get("JOB_CHANGE")]).toEqual([[], []]);
    expect(watched.get("FACT_CHANGE")).toContain("/mnt/etc/os-release");
    expect(watched.get("FACT_CHANGE")).toContain("/work/facts.d");
    expect(watchedFiles(FOLDERS, null, NOTHING).get("FACT_CHANGE")).toContain("/proc/driver/nvidia/version");
  });

  it("names the files of the jobs where they come from files, and the folders of deployed components", () => {
    const settings = parseSettings({
      source: { type: "file", path: "/jobs" },
      jobs: [
        { project: "bolts", job: "inspect-7" },
        { project: "caps", component: "com.example.Caps" },
      ],
    });

    const deployed = { components: ["com.example.Caps"], modelFiles: ["/models/compiled.so"] };
    expect(Object.fromEntries(watchedFiles(FOLDERS, settings, deployed))).toMatchObject({
      DEPLOYMENT: [
        "/greengrass/v2/packages/artifacts/com.example.Caps",
        "/greengrass/v2/packages/artifacts-unarchived/com.example.Caps",
        "/models/compiled.so",
      ],
      JOB_CHANGE: ["/jobs", "/jobs/bolts", "/jobs/bolts/inspect-7.json", "/jobs/caps"],
    });
    expect(watchedFiles(FOLDERS, parseSettings({}), NOTHING).get("JOB_CHANGE")).toEqual([]);
  });
});

describe("watchedFiles without the setting jobs", () => {
  it("names the package store, where a new model would appear", () => {
    expect(watchedFiles(FOLDERS, parseSettings({}), NOTHING).get("DEPLOYMENT")).toEqual([
      "/greengrass/v2/packages/artifacts",
      "/greengrass/v2/packages/artifacts-unarchived",
    ]);
  });
});

describe("followFiles", () => {
  it("compares as often as the settings say, and not at all at 0", async () => {
    const clock = fakeClock();
    const changes: string[] = [];
    let print = 0;
    const files = followFiles(FOLDERS, {
      fingerprint: (paths) => (paths.includes("/etc/os-release") ? String(print) : "others"),
      later: clock.later,
      onChange: (trigger) => changes.push(`${clock.steadyMs()} ${trigger}`),
    });
    expect(clock.waits).toEqual([]);
    files.checked(someResult({ watchSeconds: 60 }), []);
    print += 1;
    await clock.pass(120_000);
    expect(changes).toEqual(["60000 FACT_CHANGE"]);

    files.checked(someResult({ watchSeconds: 60 }), []);
    expect(clock.waits).toEqual([60_000]);
    files.checked(someResult({ watchSeconds: 0 }), []);
    expect(clock.waits).toEqual([]);
  });
});
