import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { parseSettings } from "../src/config/parse-settings.js";
import { refusal } from "./aws-refusals.js";
import { startAlone, THING } from "./flows/alone.js";
import { TOP, VERSION } from "./flows/flow-parts.js";
import { lacks } from "./needed.js";
import { until } from "./until.js";

const require = createRequire(import.meta.url);
const EXAMPLES = join(TOP, "examples");
const PROGRAM = join(TOP, "dist/packdrift.mjs");
const text = (name: string) => readFileSync(join(EXAMPLES, name), "utf8");

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-examples-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("examples/deployment.json", () => {
  const deployment = JSON.parse(text("deployment.json"));

  it.skipIf(lacks("boto3"))("is one that AWS accepts", () => {
    expect(refusal("greengrassv2", "CreateDeployment", deployment)).toBe("");
    expect(refusal("greengrassv2", "CreateDeployment", { ...deployment, components: [] })).toContain("Invalid type");
  });

  it("merges settings that packdrift accepts", () => {
    const { nodePath, ...settings } = JSON.parse(
      deployment.components["io.packdrift.Monitor"].configurationUpdate.merge,
    );

    expect(nodePath).toMatch(/^\//);
    expect(parseSettings(settings)).toMatchObject({
      jobs: [{ project: "gear-teeth", job: "gear-teeth-sm72" }],
      source: { type: "archive" },
    });
  });
});

describe("examples/config.yaml", () => {
  it("passes config check", () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [PROGRAM, "config", "check", join(EXAMPLES, "config.yaml")],
      {
        encoding: "utf8",
      },
    );

    expect([status, stdout.split("\n")[0]]).toEqual([0, expect.stringMatching(/: good$/)]);
  });
});

describe("examples/iot-rule.json", () => {
  const rule = JSON.parse(text("iot-rule.json"));

  it.skipIf(lacks("boto3"))("is one that AWS accepts", () => {
    const parameters = { ruleName: "packdrift_will_not_run", topicRulePayload: rule };

    expect(refusal("iot", "CreateTopicRule", parameters)).toBe("");
  });

  it("selects members that reports have, of the topic on which they come", () => {
    const schema = readFileSync(join(TOP, "src/report/report.schema.json"), "utf8");
    const [, selected = "", filter, condition] = /^SELECT (.+) FROM '(.+)' WHERE (\w+) = '/.exec(rule.sql) ?? [];
    const names = selected.split(", ").flatMap((each) => each.split(" AS ")[0]?.split(".") ?? []);

    for (const name of [...names, condition]) expect(schema).toContain(`"${name}": {`);
    expect(filter).toBe(`${parseSettings({}).topicPrefix}/+/report`);
    expect(schema).toContain('"WILL_NOT_RUN"');
  });
});

describe.skipIf(lacks("mosquitto", "openssl"))("examples/receiver.ts", () => {
  it("stores what a device reports, then acknowledges it, and continues after a restart", async () => {
    const folder = compiledReceiver();
    const scene = await startAlone();
    onTestFinished(() => scene.close());
    const file = join(folder, "reports.ndjson");
    const stored = () =>
      (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []).map((line) => JSON.parse(line));
    // How far the file went when each acknowledgement came.
    const acknowledged: { readonly sequence: number; readonly inFile: number }[] = [];
    await scene.cloud.subscribe(`cmd/packdrift/v1/${THING}/ack/req`, 1, ({ payload }) => {
      acknowledged.push({ ...JSON.parse(payload.toString()), inFile: stored().at(-1).sequence });
    });
    const url = `mqtt://127.0.0.1:${scene.broker.plainPort}`;

    const first = start(folder, url, file);
    await until(() => acknowledged.some(({ sequence }) => sequence >= 1));
    await stop(first);
    await scene.ask(`${THING}/check`, { id: "r-1" });
    await scene.answers(1);
    const second = start(folder, url, file);
    await until(() => acknowledged.some(({ sequence }) => sequence >= 2));
    await stop(second);

    expect(acknowledged.filter(({ sequence, inFile }) => inFile < sequence)).toEqual([]);
    expect(stored().map(({ sequence }) => sequence)).toEqual([1, 2]);
  });
});

/** A folder as of somebody who has installed packdrift and mqtt, with the compiled receiver. */
function compiledReceiver(): string {
  const folder = emptyFolder();
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(TOP, join(folder, "node_modules/packdrift"));
  for (const name of ["mqtt", "@types/node"])
    symlinkSync(join(TOP, "node_modules", name), join(folder, "node_modules", name));
  cpSync(join(EXAMPLES, "receiver.ts"), join(folder, "receiver.ts"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const compilerOptions = { module: "nodenext", target: "es2022", strict: true, skipLibCheck: true, types: ["node"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  const { stdout } = spawnSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", folder], {
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  return folder;
}

function start(folder: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [join(folder, "receiver.js"), ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await once(child, "exit");
}

describe("examples/github-action.yaml", () => {
  const action = parse(text("github-action.yaml"));
  const { steps } = action.jobs.preflight;
  const commands: string[] = steps.flatMap(({ run }: { run?: string }) => run ?? []);

  /** Runs the action's commands in a repository of this machine's facts, with the built program in place of npm's. */
  function runIn(host: string) {
    const folder = emptyFolder();
    for (const part of ["jobs", "fleet", "bin"]) mkdirSync(join(folder, part));
    cpSync(join(TOP, "src/lab/jobs/arm64-nvidia-sm72.json"), join(folder, "jobs/gear-teeth.json"));
    const facts = execFileSync(process.execPath, [PROGRAM, "facts", "--json", "--root", join(TOP, "test/hosts", host)]);
    writeFileSync(join(folder, "fleet/presses.json"), facts);
    const npx = `#!/bin/sh\n[ "$1 $2" = "--yes packdrift@${VERSION}" ] || exit 99\nshift 2\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`;
    writeFileSync(join(folder, "bin/npx"), npx, { mode: 0o755 });
    const PATH = `${join(folder, "bin")}${delimiter}${process.env.PATH}`;
    // As GitHub runs it: bash -e.
    const { status } = spawnSync("bash", ["-e", "-c", commands.join("\n")], {
      cwd: folder,
      env: { ...process.env, PATH },
    });
    const sarif = JSON.parse(readFileSync(join(folder, "packdrift.sarif"), "utf8"));
    const errors = sarif.runs.flatMap(({ results }: { results: { level: string; ruleId: string }[] }) =>
      results.filter(({ level }) => level === "error").map(({ ruleId }) => ruleId),
    );
    return { status, errors };
  }

  it("passes a pull request whose jobs fit the fleet", () => {
    expect(runIn("agx-xavier-jp461")).toEqual({ status: 0, errors: [] });
  });

  it("fails one whose job no longer fits a kind of machine, and has the findings for GitHub", () => {
    const { status, errors } = runIn("agx-xavier-jp45");

    expect(status).toBe(1);
    expect(errors).toContain("compiler.trt-ver");
  });

  it("uploads the file that it writes, also when it has failed, and may do nothing else", () => {
    const upload = steps.find(({ uses }: { uses?: string }) => uses?.startsWith("github/codeql-action/upload-sarif@"));

    expect(commands.join()).toContain(`> ${upload.with.sarif_file}`);
    expect(upload.if).toContain("!cancelled()");
    expect(action.permissions).toEqual({ contents: "read", "security-events": "write" });
  });
});

describe("the form for a wrong fact", () => {
  const form = parse(readFileSync(join(TOP, ".github/ISSUE_TEMPLATE/wrong-fact.yml"), "utf8"));

  it("has the parts that GitHub knows, each id once, and asks for a snapshot", () => {
    const kinds = form.body.map(({ type }: { type: string }) => type);
    const ids = form.body.flatMap(({ id }: { id?: string }) => id ?? []);

    expect(Object.keys(form)).toEqual(["name", "description", "title", "labels", "body"]);
    for (const kind of kinds) expect(["markdown", "input", "textarea", "dropdown", "checkboxes"]).toContain(kind);
    expect(new Set(ids).size).toBe(ids.length);
    const required = form.body.filter(
      ({ validations }: { validations?: { required: boolean } }) => validations?.required,
    );
    expect(required.map(({ id }: { id: string }) => id)).toContain("snapshot");
  });

  it("names a command that packdrift has, and the file that it writes", () => {
    const folder = emptyFolder();
    const [, command = ""] = /npx packdrift (.+)/.exec(form.body[0].attributes.value) ?? [];

    execFileSync(process.execPath, [PROGRAM, ...command.split(" ")], { cwd: folder, stdio: "ignore" });

    const [file = "none"] = readdirSync(folder);
    expect(JSON.stringify(form)).toContain(file);
  });
});
