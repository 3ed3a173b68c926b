import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificates } from "../chaos/certificates.js";
import { lacks } from "../needed.js";
import { packdrift } from "./cli.js";
import { onTerminal } from "./terminal.js";

let folder: string;
let files: ReturnType<typeof makeCertificates>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-refused-"));
  if (!lacks("openssl")) files = makeCertificates(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

function configuration(over: Partial<ReturnType<typeof makeCertificates>>): string {
  const mqtt = { endpoint: "127.0.0.1", port: 9, ...files, ...over };
  return fileWith("config.json", JSON.stringify({ transport: "mqtt", mqtt: { ...mqtt }, jobs: [] }));
}

const REFUSALS: Readonly<Record<string, readonly [() => string, string]>> = {
  "a file that is not there": [
    () => join(folder, "none.json"),
    'Cannot read the configuration "DIR/none.json": there is no such file or folder (ENOENT)',
  ],
  "a certificate that is not there": [
    () => configuration({ cert: join(folder, "none.pem") }),
    'Cannot use mqtt.cert "DIR/none.pem": there is no such file or folder (ENOENT)',
  ],
  "a certificate that is none": [
    () => configuration({ cert: fileWith("text.pem", "text") }),
    'Cannot use mqtt.cert "DIR/text.pem": it is not a certificate in PEM form',
  ],
  "an authority that is not there": [
    () => configuration({ ca: join(folder, "none.pem") }),
    'Cannot use mqtt.ca "DIR/none.pem": there is no such file or folder (ENOENT)',
  ],
  "a key that others may read": [
    () => configuration({ key: fileWith("open.pem", "key", 0o644) }),
    'Cannot use mqtt.key "DIR/open.pem": it may be read by others: its mode must be 0600 or 0400, is 0644',
  ],
  "a key that is none": [
    () => configuration({ key: fileWith("bad.pem", "key") }),
    'Cannot use mqtt.key "DIR/bad.pem": it is not a private key in PEM form',
  ],
  "settings that are wrong": [
    () => fileWith("config.json", '{"transport":"mqtt","shedule":"0 * * * *"}'),
    'Unknown setting "shedule" (did you mean "schedule"?)',
  ],
  "a transport that needs Greengrass": [
    () => fileWith("config.json", '{"transport":"ipc"}'),
    'Without Greengrass "transport" must be mqtt, is ipc',
  ],
};

const argsFor = (config: string) => [
  ...["run", "--thing", "line-4", "--config", config],
  ...["--work", mkdtempSync(join(folder, "work-"))],
];

describe.skipIf(lacks("openssl"))("packdrift run --config ends at once with 3", () => {
  it.each(Object.keys(REFUSALS))("for %s, and says why in a line of JSON", async (name) => {
    const [config, why] = REFUSALS[name] as (typeof REFUSALS)[string];
    const { code, out, err } = await packdrift(argsFor(config()));

    const lines = out.trim().split("\n");
    expect({ code, err, lines: lines.length }).toEqual({ code: 3, err: "", lines: 1 });
    const { event, level, message } = JSON.parse(lines[0] ?? "");
    expect({ event, level }).toEqual({ event: "configuration.refused", level: "error" });
    expect(message.replaceAll(folder, "DIR")).toContain(why.split(" (did")[0]);
  });

  it.skipIf(lacks("script")).each(["a file that is not there", "a key that is none"])(
    "for %s, and says why in a sentence on a terminal",
    async (name) => {
      const [config, why] = REFUSALS[name] as (typeof REFUSALS)[string];
      const { code, text } = await onTerminal(argsFor(config()), { COLUMNS: "200" });

      expect({ code, text: text.replaceAll(folder, "DIR") }).toEqual({ code: 3, text: `packdrift: ${why}\r\n` });
    },
  );
});

describe("packdrift lab", () => {
  it("ends with 3 for a job that is not there", async () => {
    const { code, err } = await packdrift(["lab", "--job", "/no/such"]);

    expect({ code, err }).toEqual({
      code: 3,
      err: 'packdrift: Cannot read job from "/no/such": there is no such file (ENOENT)\n',
    });
  });

  it.skipIf(lacks("script"))("says when it checks next and that Ctrl-C ends it, which it does", async () => {
    const { code, text } = await onTerminal(["lab"], { COLUMNS: "120" }, "Ctrl-C ends the lab.");

    expect(text).toMatch(/\nChecks every minute, next at \d\d:\d\d:00 UTC\. Ctrl-C ends the lab\.\r\n/);
    expect(code).toBe(1);
  });
});
