import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkText } from "../src/commands/config/check-text.js";
import { detectFacts } from "../src/device/detect.js";
import { linuxHost } from "../src/device/linux-host.js";
import { summarize } from "../src/device/summary.js";
import { command } from "./flows/cli.js";
import { errorsOf, hasSchema, SCHEMA_FILES, SCHEMAS } from "./schema-errors.js";

const TOP = join(import.meta.dirname, "..");
const HOSTS = join(TOP, "test/hosts");
const hosts = readdirSync(HOSTS).filter((name) => existsSync(join(HOSTS, name, "UNAME.json")));
describe("the published schemas", () => {
  it("have a file name and an address each", () => {
    expect(new Set(SCHEMA_FILES.map((path) => basename(path))).size).toBe(SCHEMA_FILES.length);
    expect(new Set(SCHEMAS.map(({ $id }) => $id)).size).toBe(SCHEMA_FILES.length);
  });

  it.each(SCHEMAS.map(({ $id }) => $id))("compile, and follow their references: %s", (id) => {
    expect(hasSchema(id)).toBe(true);
  });
});

describe("facts.schema.json", () => {
  it.each(hosts)("describes the facts of %s", (name) => {
    expect(errorsOf("facts-1", summarize(detectFacts(linuxHost(join(HOSTS, name)), [])))).toBeNull();
  });

  it("refuses a fact that it does not know", () => {
    const facts = summarize(detectFacts(linuxHost(join(HOSTS, hosts[0] ?? "")), []));

    expect(errorsOf("facts-1", { ...facts, colour: "red" })).not.toBeNull();
  });
});

describe("config.schema.json", () => {
  it.each([
    ["a good configuration", "jobs: [{project: p, job: j}]\nmqtt: {endpoint: h, cert: /c, key: /k}\n"],
    ["a bad one", "heartbeatHours: 0\n"],
    ["a text that is no YAML", "a: [\n"],
  ])("describes the check of %s", (_, text) => {
    expect(errorsOf("config-1", checkText(text, "c.yaml", "line-4", Date.now()))).toBeNull();
  });
});

describe("preflight.schema.json", () => {
  it.each([[[]], [["--full"]]])("describes every job on every machine %j", async (more) => {
    const jobs = readdirSync(join(TOP, "src/lab/jobs")).map((file) => join(TOP, "src/lab/jobs", file));
    const machines = hosts.map((name) => join(HOSTS, name));

    const { out } = await command(["preflight", "--json", ...more, "--job", ...jobs, "--facts", ...machines]);

    expect(errorsOf("preflight", JSON.parse(out))).toBeNull();
  });
});

describe("the schemas of requests, responses and statuses", () => {
  const response = {
    schema: "packdrift.response/1",
    thing: "line-4",
    command: "check",
    id: "r",
    at: "2026-11-29T12:00:00.000Z",
  };
  it.each([
    ["request-1", { id: "r-1", spreadSeconds: 10 }, true],
    ["request-1", { id: "a b" }, false],
    ["response-1", { ...response, status: "DONE", result: { checks: [] } }, true],
    ["response-1", { ...response, id: null, status: "REFUSED", why: "no id" }, true],
    ["status-1", { schema: "packdrift.status/1", thing: "line-4", online: true }, true],
    ["status-1", { schema: "packdrift.status/1", thing: "line-4", online: false, why: "bored" }, false],
    ["response-1", { ...response, status: "DONE" }, false],
    ["response-1", { ...response, status: "DONE", result: {}, more: 1 }, false],
  ])("%s judges %j", (id, value, isGood) => {
    expect(errorsOf(id, value) === null).toBe(isGood);
  });
});

describe("doctor.schema.json", () => {
  it("describes the doctor's page on this machine", async () => {
    const { out } = await command(["doctor", "--json"]);

    expect(errorsOf("doctor-1", JSON.parse(out))).toBeNull();
  });
});
