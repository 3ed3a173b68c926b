import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_ALARM_SETTINGS } from "../../../src/fleet/alarms/alarm-settings.js";
import { authorisation, readSecrets } from "../../../src/fleet/alarms/webhook-secrets.js";
import { lacks } from "../../needed.js";
import { alertRows, exampleEvent, metricRows } from "./alarms-page-text.js";
import { someWebhook } from "./some-webhook.js";

const TOP = join(import.meta.dirname, "../../..");
const PAGE = readFileSync(join(TOP, "docs/reference/fleet-alarms.md"), "utf8");
const example = (name: string) => readFileSync(join(TOP, "examples/fleet", name), "utf8");
const blocks = (language: string) =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map((match) => match[1] ?? "");

describe("docs/reference/fleet-alarms.md", () => {
  it("shows the settings of the example, the notice, the metrics and the alerts as they are", () => {
    expect(blocks("yaml")).toEqual([example("alarms.yaml")]);
    expect(blocks("json")).toEqual([`${exampleEvent()}\n`]);
    expect(PAGE).toContain(`<!-- metrics:begin -->\n${metricRows()}\n<!-- metrics:end -->\n`);
    expect(PAGE).toContain(`|---|---|\n${alertRows(example("alert-rules.yaml"))}\n`);
  });

  it("states the default damping", () => {
    expect(DEFAULT_ALARM_SETTINGS.damping).toEqual({ everySeconds: 60, raise: 3, of: 5, clear: 5, atOnceThings: 10 });
    expect(DEFAULT_ALARM_SETTINGS.silent.settleMinutes).toBe(60);
  });

  it.skipIf(lacks("openssl"))(
    "makes a key that is taken, and a check that knows our signatures from others",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "packdrift-key-"));
      const command = blocks("sh").find((block) => block.includes("openssl")) ?? "";
      execFileSync("bash", ["-c", command], { cwd: folder });
      const hmacFile = join(folder, "archive.key");
      const secrets = readSecrets(someWebhook({ hmacFile }));
      const { isFromPackdrift } = await import(`data:text/javascript,${encodeURIComponent(blocks("js")[0] ?? "")}`);
      const secret = readFileSync(hmacFile, "utf8");

      const headers = authorisation(secrets, "id", "{}", Date.now());
      const old = authorisation(secrets, "id", "{}", Date.now() - 3_600_000);

      expect(isFromPackdrift(headers, "{}", secret)).toBe(true);
      expect(isFromPackdrift(headers, "{ }", secret)).toBe(false);
      expect(isFromPackdrift(old, "{}", secret)).toBe(false);
      expect(isFromPackdrift({}, "{}", secret)).toBe(false);
    },
  );
});
