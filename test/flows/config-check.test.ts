import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, packdrift } from "./cli.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-config-check-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (text: string) => {
  const path = join(folder, "config.yaml");
  writeFileSync(path, text);
  return path;
};

describe("packdrift config check", () => {
  it("ends with 0 for a good configuration, and says what it means", async () => {
    const path = file("source: { type: model }\n");
    const { code, out, err } = await packdrift(["config", "check", path, "--thing", "line-4"]);

    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain(`${path} (settings): good\n`);
    expect(out).toMatch(/^checks +Every packaged model found on the device$/m);
  });

  it("ends with 1 for a bad one, with the place of each problem", async () => {
    const { code, out } = await command(["config", "check", file("heartbeatHours: 0\nshedule: x\n")]);

    expect(code).toBe(1);
    expect(out).toContain("2 problems");
    expect(out).toContain('2:1       Unknown setting "shedule" (did you mean "schedule"?)');
    expect(out).toContain('1:1       Cannot read setting "heartbeatHours": must be 1 or more, is 0');
  });

  it("prints JSON with the resolved settings", async () => {
    const { code, out } = await command(["config", "check", file("mqtt: null\n"), "--json"]);

    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ schema: "packdrift.config/1", good: true, settings: { transport: "ipc" } });
  });

  it.each([
    [["config"], "config needs the action check"],
    [["config", "chekc", "x"], 'config has no action "chekc" (did you mean "check"?)'],
    [["config", "check"], "config check needs FILE"],
    [
      ["config", "check", "/no/such"],
      'Cannot read the configuration "/no/such": there is no such file or folder (ENOENT)',
    ],
  ])("ends %j with 3", async (args, why) => {
    const { code, err } = await command(args);

    expect(code).toBe(3);
    expect(err).toContain(why);
  });
});
