import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RUNNABLE_COMMANDS } from "../../src/commands/help/all-commands.js";
import { sharedObject } from "../base/elf-bytes.js";
import { seeded } from "../chaos/seeded.js";
import { isLong } from "../long-runs.js";
import { someReport } from "../report/builders.js";
import { command, packdrift } from "./cli.js";

const TOP = join(import.meta.dirname, "../..");
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 1);

// What a terminal acts on: colours, titles, cursors, 8-bit controls, directions, separators, tags, and an end of line.
const ATTACKS = [
  "\u001b[31m",
  "\u001b[2J",
  "\u001b]0;title\u0007",
  "\u009b31m",
  "\u0085",
  "\u007f",
  "\b\b",
  "\rforged: ",
  "\nforged: ",
  "\u000b",
  "\u202e",
  "\u2066",
  "\u061c",
  "\u2028forged: ",
  "\ufeff",
  "\u{e0041}",
];
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** The colours that reports are written in. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[(?:0|1|2|3[1-46])m`, "g");
const FORMATS = ["text", "json", "junit", "tap", "prometheus", "sarif"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-terminal-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = seeded(Number(process.env.FUZZ_SEED ?? 15));
const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;

/** Two attacks around an ordinary word. */
function hostile(): string {
  return `a${pick(ATTACKS)}word${pick(ATTACKS)}z`;
}

/** A file with a hostile name and text. */
function fileWith(text: string, name = `${hostile()}.json`): string {
  const within = mkdtempSync(join(folder, "file-"));
  const path = join(within, name);
  writeFileSync(path, text);
  return path;
}

/** A saved job whose names, message and options are hostile. */
function someJob(): string {
  const job = JSON.parse(readFileSync(join(TOP, "src/lab/jobs", `${pick(["x86-t4", "xavier-plain"])}.json`), "utf8"));
  const description = job.ModelPackagingDescription;
  description[pick(["JobName", "ProjectName", "StatusMessage", "Status", "ModelVersion", hostile()])] = hostile();
  const { Greengrass } = description.ModelPackagingConfiguration;
  Greengrass[pick(["CompilerOptions", "ComponentName", "ComponentVersion", hostile()])] = hostile();
  return fileWith(JSON.stringify(job));
}

/** A machine whose own files are hostile. */
function someRoot(): string {
  const root = join(mkdtempSync(join(folder, "root-")), hostile());
  cpSync(join(TOP, "test/hosts/agx-xavier-jp46"), root, { recursive: true });
  mkdirSync(join(root, "etc/packdrift/facts.d"), { recursive: true });
  const fact = { schema: "packdrift.facts/1", source: hostile(), driver: hostile() };
  writeFileSync(join(root, "etc/packdrift/facts.d", `${hostile()}.json`), JSON.stringify(fact));
  writeFileSync(
    join(root, "etc/os-release"),
    `ID=${hostile()}\nVERSION_ID="${hostile()}"\nPRETTY_NAME="${hostile()}"\n`,
  );
  writeFileSync(join(root, "UNAME.json"), JSON.stringify({ sysname: "Linux", release: hostile(), machine: hostile() }));
  return root;
}

/** A model in a folder and with files of hostile names, which load libraries of such names. */
function someModel(): string {
  const model = join(mkdtempSync(join(folder, "model-")), hostile());
  mkdirSync(join(model, hostile()), { recursive: true });
  writeFileSync(join(model, "compiled.so"), sharedObject({ needed: [hostile(), "libc.so.6"] }));
  writeFileSync(join(model, `${hostile()}.so`), sharedObject({ soname: hostile(), runpath: hostile() }));
  writeFileSync(join(model, "compiled.meta"), hostile());
  writeFileSync(join(model, "manifest.json"), JSON.stringify({ model_graph: { stages: [{ type: hostile() }] } }));
  symlinkSync(hostile(), join(model, hostile()));
  return model;
}

/** A configuration with hostile names and values, of which some are taken and some refused. */
function someConfiguration(): string {
  const source = { type: pick(["archive", hostile()]), endpoint: `http://${pick(["127.0.0.1:9", hostile()])}` };
  const jobs = [{ project: pick(["p", hostile()]), job: pick(["j", hostile()]) }];
  const named = { schedule: hostile(), topicPrefix: hostile(), [hostile()]: hostile() };
  return fileWith(pick([JSON.stringify({ jobs, source, ...named }), hostile()]));
}

function someReports(): string {
  const report = someReport({ thing: hostile(), id: hostile() });
  return fileWith(
    pick([JSON.stringify(report), `${JSON.stringify([report, { ...report, seal: hostile() }])}`, hostile()]),
  );
}

/** An archive with one good job, and files with hostile names and texts. */
function someArchive(): string {
  const dir = join(mkdtempSync(join(folder, "archive-")), hostile());
  mkdirSync(join(dir, "p"), { recursive: true });
  writeFileSync(join(dir, "p", "j.json"), readFileSync(someJob()));
  writeFileSync(join(dir, "p", `${hostile()}.json`), hostile());
  return dir;
}

const COMMANDS: Readonly<Record<string, () => readonly string[]>> = {
  "an unknown command": () => [hostile()],
  "an unknown option": () => [pick(["check", "facts", "preflight", "verify", "lab", "snapshot"]), `--${hostile()}`],
  "a stray argument": () => [pick(["check", "facts", "preflight", "lab", "snapshot", "run"]), hostile()],
  "check of a file": () => ["check", "--job", someJob(), "--root", someRoot(), "--format", pick(FORMATS)],
  "check of what is not a job": () => ["check", "--job", fileWith(hostile()), "--format", pick(FORMATS)],
  "check of what is deployed": () => [
    "check",
    "--job",
    someJob(),
    "--deployed",
    pick([`${hostile()}=1.0.0`, hostile()]),
  ],
  "check at an endpoint": () => [
    "check",
    "--project",
    "p",
    "--job-name",
    hostile(),
    "--endpoint",
    `http://${hostile()}`,
  ],
  "check at nobody's endpoint": () => [
    "check",
    "--project",
    "p",
    "--job-name",
    "j",
    "--endpoint",
    "http://127.0.0.1:9",
  ],
  preflight: () => ["preflight", "--job", someJob(), "--facts", someRoot(), "--format", pick(FORMATS)],
  "preflight of a fact file": () => [
    "preflight",
    "--job",
    someJob(),
    "--facts",
    fileWith(JSON.stringify({ os: hostile() })),
  ],
  facts: () => ["facts", "--root", someRoot(), ...pick([[], ["--json"]])],
  "facts of nothing": () => ["facts", "--root", join(folder, hostile())],
  model: () => ["model", someModel(), ...pick([[], ["--json"]])],
  "model of nothing": () => ["model", join(folder, hostile())],
  "model of a component": () => ["model", "--component", hostile(), "--root", someRoot()],
  snapshot: () => ["snapshot", "--root", someRoot(), "-o", join(folder, hostile()), ...pick([[], ["--json"]])],
  "snapshot to nowhere": () => ["snapshot", "-o", join(folder, "none", hostile())],
  verify: () => ["verify", someReports(), ...pick([[], ["--json"]])],
  "verify with a key": () => ["verify", "--key", fileWith(hostile()), someReports()],
  "archive list": () => ["archive", "list", "--dir", someArchive(), ...pick([[], ["--json"]])],
  "archive verify": () => ["archive", "verify", "--dir", someArchive(), ...pick([[], ["--json"]])],
  "archive show": () => ["archive", "show", "--dir", someArchive(), pick(["p/j", `p/${hostile()}`])],
  "archive import": () => [
    "archive",
    "import",
    "--dir",
    join(folder, hostile()),
    someJob(),
    fileWith(hostile()),
    ...pick([[], ["--json"]]),
  ],
  "archive serve": () => ["archive", "serve", "--dir", join(folder, hostile()), "--port", hostile()],
  "config check": () => ["config", "check", someConfiguration(), "--thing", hostile(), ...pick([[], ["--json"]])],
  "config check of nothing": () => ["config", "check", join(folder, hostile())],
  doctor: () => [
    "doctor",
    "--config",
    someConfiguration(),
    "--thing",
    hostile(),
    "--work",
    join(folder, hostile()),
    "--root",
    someRoot(),
    ...pick([[], ["--json"]]),
  ],
  "fleet with wrong lists": () => [
    "fleet",
    "--store",
    join(folder, "fleet.db"),
    pick(["--things", "--alarms"]),
    fileWith(pick([hostile(), JSON.stringify({ [hostile()]: hostile() })])),
  ],
  "fleet move": () => ["fleet", "move", "--from", join(folder, hostile()), "--to", join(folder, hostile())],
  completion: () => ["completion", hostile()],
  ...(isLong ? { "lab that runs": () => ["lab", "--once", "--job", someJob(), "--root", someRoot()] } : {}),
  "an unknown archive action": () => ["archive", hostile()],
  "lab with a wrong nucleus": () => ["lab", "--nucleus", hostile()],
  "run as a wrong thing": () => ["run", "--thing", hostile()],
  "run on a wrong root": () => ["run", "--thing", "line-4", "--root", join(folder, hostile())],
  "run with a wrong configuration": () => [
    "run",
    "--thing",
    "line-4",
    "--work",
    mkdtempSync(join(folder, "work-")),
    "--config",
    fileWith(JSON.stringify({ transport: "mqtt", [hostile()]: hostile(), schedule: hostile() })),
  ],
};

describe("the commands above", () => {
  it("are every command that can be run", () => {
    const names = Object.keys(COMMANDS);
    const isRun = (name: string) => names.some((each) => each === name || each.startsWith(`${name} `));
    expect(RUNNABLE_COMMANDS.map(({ name }) => name).filter((name) => !isRun(name))).toEqual([]);
  });
});

describe("no command lets a terminal act on what it was given", () => {
  it.each(Object.keys(COMMANDS))("%s", async (name) => {
    for (let round = 0; round < ROUNDS * 2; round++) {
      // A NUL cannot stand in an argument; what else a shell can hand over does.
      const args = COMMANDS[name]?.() ?? [];
      const { out, err } = await command(args);

      for (const text of [out, err]) {
        const lines = text.split("\n");
        expect({ args, unsafe: lines.filter((line) => UNSAFE.test(line)) }).toEqual({ args, unsafe: [] });
        expect({ args, forged: lines.filter((line) => line.startsWith("forged")) }).toEqual({ args, forged: [] });
      }
    }
  });

  it.each([[], ["--json"]])("an archive that serves hostile requests %j", async (...options) => {
    const args = ["archive", "serve", "--dir", someArchive(), "--port", "0", "--log-level", "debug", ...options];
    const child = spawn(process.execPath, [join(TOP, "dist/packdrift.mjs"), ...args], { stdio: "pipe" });
    let written = "";
    const ready = new Promise<string>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          written += text;
          const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(written) ?? [];
          if (url !== undefined) resolve(url);
        });
    });
    const url = await ready;
    for (let round = 0; round < 5; round++) {
      const path = `${encodeURIComponent(hostile())}/modelpackagingjobs/${encodeURIComponent(hostile())}`;
      const headers = { "user-agent": "a\u009b31m\u0085word", authorization: `AWS4-HMAC-SHA256 a\u009b31m` };
      await fetch(`${url}/2020-11-20/projects/${path}`, { headers });
    }
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;

    const lines = written.split("\n");
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => UNSAFE.test(line) || line.startsWith("forged"))).toEqual([]);
  });

  it.each(["new Error(text)", "Object.assign(new Error('word'), { path: text, stack: text })", "text"])(
    "a bug that throws %s, which is not taken for drift",
    async (thrown) => {
      const script = `const text = ${JSON.stringify(ATTACKS.join("word"))}; process.once("exit", () => { throw ${thrown}; });`;
      const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };

      const { code, err } = await packdrift(["facts", "--root", someRoot()], env);

      expect([code, err.split("\n").filter((line) => UNSAFE.test(line))]).toEqual([3, []]);
      expect(err).toContain("word");
    },
  );

  it("a warning about the YAML that it reads", async () => {
    const yaml = fileWith(`? [${JSON.stringify(ATTACKS.join("word"))}]\n: 1\n`);

    const { out, err } = await packdrift(["archive", "import", "--dir", join(folder, "archive"), yaml]);

    expect(err).toBe("");
    expect(out.split("\n").filter((line) => UNSAFE.test(line))).toEqual([]);
  });

  it.each(["check of a file", "facts", "model", "preflight", "archive list"])("%s in colour", async (name) => {
    const args = COMMANDS[name]?.() ?? [];
    const { out } = await command(args, { FORCE_COLOR: "1" });

    const uncoloured = out.replace(COLOURS, "");
    expect(uncoloured.split("\n").filter((line) => UNSAFE.test(line))).toEqual([]);
    expect(["a", "word"].filter((before) => out.includes(`${before}\u001b[31m`))).toEqual([]);
  });
});
