import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { UsageError } from "../../../src/base/errors.js";
import { parseFleetOptions } from "../../../src/commands/fleet/fleet-options.js";

describe("parseFleetOptions", () => {
  it("has safe defaults", () => {
    const { clientId, ...rest } = parseFleetOptions([]);

    expect(clientId).toMatch(/^packdrift-fleet-[a-zA-Z0-9_-]+$/);
    expect(rest).toEqual({
      broker: null,
      group: null,
      prefixes: { data: "dt/packdrift/v1", commands: "cmd/packdrift/v1" },
      store: "fleet.db",
      host: "127.0.0.1",
      port: 8_400,
      tokens: null,
      trust: null,
      hostNames: [],
      tls: null,
      things: null,
      keys: null,
      jobs: null,
      alarms: null,
      heartbeatHours: 24,
      keepDays: 400,
      keepHeartbeatDays: 30,
      requestsPerSecond: 50,
      json: false,
    });
  });

  it("reads every option", () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-fleet-options-"));
    const [cert, key] = [join(folder, "c.pem"), join(folder, "c.key")];
    writeFileSync(cert, "certificate");
    writeFileSync(key, "key", { mode: 0o600 });
    const text = `--broker mqtts://broker.factory --cert a.pem --key a.key --ca ca.pem --client-id fleet-1 --group east
      --topic-prefix plant/dt --command-prefix plant/cmd --store postgres://fleet@db/fleet --listen [::]:443
      --tokens t.json --trust-header x-user --trust-from 10.0.0.0/8 --trust-from fd00::/8 --tls-cert ${cert} --tls-key ${key}
      --host-name fleet.factory       --things things.txt --keys keys --jobs jobs --alarms alarms.yaml --heartbeat-hours 6 --keep-days 30
      --keep-heartbeat-days 7 --requests-per-second 10 --json`;

    expect(parseFleetOptions(text.split(/\s+/))).toEqual({
      broker: { host: "broker.factory", port: 8_883, tls: { cert: "a.pem", key: "a.key", ca: "ca.pem" } },
      clientId: "fleet-1",
      group: "east",
      prefixes: { data: "plant/dt", commands: "plant/cmd" },
      store: "postgres://fleet@db/fleet",
      host: "::",
      port: 443,
      tokens: "t.json",
      trust: { header: "x-user", from: ["10.0.0.0/8", "fd00::/8"] },
      hostNames: ["fleet.factory"],
      tls: { cert: "certificate", key: "key" },
      things: "things.txt",
      keys: "keys",
      jobs: "jobs",
      alarms: "alarms.yaml",
      heartbeatHours: 6,
      keepDays: 30,
      keepHeartbeatDays: 7,
      requestsPerSecond: 10,
      json: true,
    });
    rmSync(folder, { recursive: true });
  });

  it.each([
    ["8500", "127.0.0.1", 8_500],
    ["0", "127.0.0.1", 0],
    ["fleet.factory", "fleet.factory", 8_400],
    ["10.1.2.3:80", "10.1.2.3", 80],
    ["[::1]", "::1", 8_400],
  ])("listens on %s", (text, host, port) => {
    expect(parseFleetOptions(["--listen", text])).toMatchObject({ host, port });
  });

  it.each([
    ["--listen 70000", 'Cannot use --listen "70000": must be a whole number from 0 to 65535'],
    ["--listen http://here", 'Cannot use --listen "http://here": must be HOST:PORT, HOST or PORT'],
    ["--listen a:b", "must be HOST:PORT"],
    ["--cert a.pem", "--cert needs --broker URL"],
    ["--broker mqtt://elsewhere", "only a broker on this machine"],
    ["--client-id a/b", "Cannot use --client-id"],
    ["--group a/b", "Cannot use --group"],
    ["--topic-prefix dt/+", "without wildcards"],
    ["--topic-prefix $aws/things", "without wildcards"],
    ["--trust-header x-user", "--trust-header needs --trust-from CIDR"],
    ["--trust-from 10.0.0.0/8", "--trust-from needs --trust-header NAME"],
    ["--tls-cert a", "--tls-cert needs --tls-key FILE"],
    ["--tls-key a", "--tls-key needs --tls-cert FILE"],
    ["--heartbeat-hours 0", "must be a whole number from 1 to 8760"],
    ["--keep-days -1", "--keep-days needs a value"],
    ["--requests-per-second x", "must be a whole number"],
    ["here", 'Unexpected argument "here"'],
    ["--brokr x", 'Unknown option "--brokr" (did you mean --broker?)'],
  ])("refuses %s", (text, why) => {
    const parse = () => parseFleetOptions(text.split(" "));

    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(why);
  });

  it.skipIf(process.geteuid?.() !== 0)("refuses a TLS key of another user", () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-fleet-options-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const key = join(folder, "tls.key");
    writeFileSync(key, "key", { mode: 0o600 });
    chownSync(key, 65_534, 65_534);

    expect(() => parseFleetOptions(["--tls-cert", key, "--tls-key", key])).toThrow(
      `Cannot use --tls-key: "${key}" belongs to user 65534`,
    );
  });
});
