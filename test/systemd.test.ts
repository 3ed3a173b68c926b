import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { lacks } from "./needed.js";

const top = join(import.meta.dirname, "..");
const UNIT = readFileSync(join(top, "recipe/systemd/packdrift.service"), "utf8");
const JETSON = readFileSync(join(top, "recipe/systemd/jetson.conf"), "utf8");
const PAGE = readFileSync(join(top, "docs/deploy-systemd.md"), "utf8");
const analyze = (...args: string[]) =>
  spawnSync("systemd-analyze", args, { encoding: "utf8", env: { ...process.env, SYSTEMD_COLORS: "0" } });

/** What the recipe gives to Node.js and to its allocator: the unit does the same. */
const [{ Lifecycle }] = parse(readFileSync(join(top, "recipe/recipe.yaml"), "utf8")).Manifests;
const FLAGS = /exec "\$node" (.*?) ?"\$PACKDRIFT_BUNDLE"/.exec(Lifecycle.run)?.[1];
const SHARED = Object.entries<string>(Lifecycle.Setenv).filter(([, value]) => !value.includes("{"));

/** What a key is set to, in order. */
function values(unit: string, key: string): string[] {
  return [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

describe("packdrift.service", () => {
  it("starts, reloads and restarts packdrift as its exit codes and signals ask for", () => {
    expect(values(UNIT, "ExecStart")).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd's own.
      `/usr/bin/env node ${FLAGS} /opt/packdrift/packdrift.mjs run --config /etc/packdrift/config.yaml --thing ${"${AWS_IOT_THING_NAME}"} --work /var/lib/packdrift`,
    ]);
    expect(values(UNIT, "ExecReload")).toEqual(["/bin/kill -HUP $MAINPID"]);
    expect([values(UNIT, "Restart"), values(UNIT, "RestartSec"), values(UNIT, "RestartPreventExitStatus")]).toEqual([
      ["on-failure"],
      ["10"],
      ["3"],
    ]);
  });

  it("sets the same environment for Node.js as the recipe", () => {
    expect(values(UNIT, "Environment")).toEqual([
      ...SHARED.map(([key, value]) => `${key}=${value}`),
      "AWS_IOT_THING_NAME=%H",
    ]);
  });

  it("leaves on what the facts need, and off what V8 cannot bear", () => {
    for (const key of ["MemoryDenyWriteExecute", "ProcSubset", "PrivateDevices", "PrivateNetwork", "User"]) {
      expect(values(UNIT, key)).toEqual([]);
    }
    expect(values(UNIT, "LimitCORE")).toEqual(["0"]);
    expect(values(UNIT, "LoadCredential")).toEqual(["key.pem:/etc/packdrift/key.pem"]);
  });

  it("opens the devices of a Jetson by its drop-in, where ProtectClock would close them again", () => {
    expect(JETSON.match(/^[^#\n].*$/gm)).toEqual([
      "[Service]",
      "SupplementaryGroups=video",
      "DevicePolicy=auto",
      "DeviceAllow=",
      "ProtectClock=no",
    ]);
  });
});

describe.skipIf(lacks("systemd-analyze"))("systemd-analyze", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-unit-"));
    copyFileSync(join(top, "recipe/systemd/packdrift.service"), join(folder, "packdrift.service"));
    const jetson = join(folder, "jetson");
    mkdirSync(join(jetson, "packdrift.service.d"), { recursive: true });
    copyFileSync(join(top, "recipe/systemd/packdrift.service"), join(jetson, "packdrift.service"));
    copyFileSync(join(top, "recipe/systemd/jetson.conf"), join(jetson, "packdrift.service.d/jetson.conf"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ["the unit", "packdrift.service"],
    ["the unit on a Jetson", "jetson/packdrift.service"],
  ])("finds nothing wrong with %s", (_, path) => {
    const { status, stdout, stderr } = analyze("verify", "--man=no", join(folder, path));

    expect([status, `${stdout}${stderr}`.split("\n").filter((line) => line.includes("packdrift"))]).toEqual([0, []]);
  });

  it.each([
    ["as its page says", "packdrift.service", PAGE.match(/exposure\s+level\s+of\s+(\d\.\d)/)?.[1]],
    ["on a Jetson too", "jetson/packdrift.service", PAGE.match(/(\d\.\d)\s+on a Jetson/)?.[1]],
  ])("calls its exposure low, %s", (_, path, said) => {
    const { stdout } = analyze("security", "--offline=true", "--no-pager", join(folder, path));

    expect(stdout.match(/Overall exposure level for packdrift\.service: (\d+\.\d+) OK/)?.[1]).toBe(said);
  });
});
