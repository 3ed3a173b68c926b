// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Greengrass variables.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Flavour } from "../../src/lab/flavour.js";
import { startNucleus } from "../../src/lab/nucleus.js";
import { platformOf } from "../../src/lab/platform.js";
import { parseRecipe } from "../../src/lab/recipe.js";
import { startComponent } from "../../src/lab/run-component.js";
import { ARTIFACTS, BUILT_RECIPE, NAME, startScene, VERSION } from "./flow-parts.js";

const TEXT = readFileSync(BUILT_RECIPE, "utf8");
const MINE = process.arch === "arm64" ? "arm64" : "x64";
const OTHER = MINE === "x64" ? "arm64" : "x64";
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "packdrift-install-"));
  closing.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A program that answers --version as a Node.js would. */
function program(path: string, script: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The tools that the script needs, and nothing else. */
function pathWithoutNode(): string {
  const tools = folder();
  for (const tool of ["sh", "id", "grep", "head", "tr", "touch"]) {
    symlinkSync(execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(), join(tools, tool));
  }
  return tools;
}

interface Case {
  readonly nodePath: string;
  readonly PATH?: string;
  readonly artifactsFolder?: string;
  /** Nucleus lite 2.6.0 does not. */
  readonly quotesSetenv?: boolean;
  /** The path was changed after installing, so that only the run step reads it. */
  readonly isInstalled?: boolean;
}

/** What installing as this recipe says came to; the run step only tells that it ran. */
async function install(
  flavour: Flavour,
  { nodePath, PATH = pathWithoutNode(), artifactsFolder = ARTIFACTS, quotesSetenv = true, isInstalled = false }: Case,
) {
  const root = folder();
  const recipe = parseRecipe(TEXT, platformOf(flavour, "linux", process.arch));
  const { run, install, ...others } = recipe.steps;
  if (run === undefined) throw new Error("The recipe has no run step");
  const script = run.script.replace(/^exec .*$/m, 'printf "ran %s" "$node"');
  const steps = { ...others, ...(isInstalled || install === undefined ? {} : { install }), run: { ...run, script } };
  const configuration = { ...recipe.defaultConfiguration, nodePath };
  const components = [{ name: NAME, version: VERSION, configuration }];
  const nucleus = await startNucleus({ flavour, rootFolder: root, components });
  closing.push(() => nucleus.close());
  const baseEnvironment = { PATH, HOME: root };
  const component = await startComponent({
    recipe: { ...recipe, steps },
    nucleus,
    artifactsFolder,
    baseEnvironment,
    quotesSetenv,
  });
  const exit = await component.exited;
  const texts = (stream: string) => component.output.all.filter((l) => l.stream === stream).map(({ text }) => text);
  return {
    exit: exit.code,
    out: texts("stdout"),
    err: texts("stderr"),
    state: nucleus.stateOf(NAME),
    work: join(root, "work", NAME),
  };
}

const ADVICE =
  "To do: install it where this user may run it, and set nodePath to its absolute path by a deployment. JetPack 4 runs 16.20.2 at most.";
const USER = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
const refused = (found: string) => ({
  exit: 1,
  out: [],
  err: [`packdrift needs Node.js 16.20 or later. Found: ${found}. ${ADVICE}`],
  state: "ERRORED",
});
const accepted = (nodePath: string) => ({
  exit: 0,
  out: [`ran ${nodePath}`],
  err: [],
  state: "FINISHED",
});

describe.each(["classic", "lite"] as const)("installing on the %s nucleus", (flavour) => {
  it("accepts a Node.js by its absolute path, even with blanks", async () => {
    const place = join(folder(), "my  programs/node");
    mkdirSync(join(place, ".."));
    symlinkSync(process.execPath, place);

    expect(await install(flavour, { nodePath: process.execPath })).toMatchObject(accepted(process.execPath));
    expect(await install(flavour, { nodePath: place })).toMatchObject(accepted(place));
    expect(await install(flavour, { nodePath: place, quotesSetenv: false })).toMatchObject(accepted(place));
  });

  it("accepts a path with characters that a shell would interpret, and refuses those that nucleus lite would change", async () => {
    const good = join(folder(), "it's; a #node & (more)");
    symlinkSync(process.execPath, good);

    expect(await install(flavour, { nodePath: good, quotesSetenv: false })).toMatchObject(accepted(good));
    for (const nodePath of ["/opt/$node", '/opt/"node"', "/opt/`node`", "/opt\\node", "/opt/node\n"]) {
      const { exit, err } = await install(flavour, { nodePath });
      expect([exit, err[0]]).toEqual([
        1,
        expect.stringContaining("with a quote, dollar sign, backslash or line break"),
      ]);
    }
  });

  it("accepts a name that is on the PATH", async () => {
    const PATH = pathWithoutNode();
    symlinkSync(process.execPath, join(PATH, "node-of-mine"));

    expect(await install(flavour, { nodePath: "node-of-mine", PATH })).toMatchObject(accepted("node-of-mine"));
  });

  it("says where it looked when it finds no Node.js", async () => {
    const PATH = pathWithoutNode();

    expect(await install(flavour, { nodePath: "node-of-mine", PATH })).toMatchObject(
      refused(`no program "node-of-mine" for user ${USER} on PATH ${PATH}:/usr/local/bin`),
    );
    expect(await install(flavour, { nodePath: "/opt/no such/node", PATH })).toMatchObject(
      refused(`no program "/opt/no such/node" for user ${USER} on PATH ${PATH}:/usr/local/bin`),
    );
  });

  it.each(["v0.12.18", "v8.17.0", "v14.21.3", "v16.2.0", "v16.19.1"])("refuses %s", async (version) => {
    const nodePath = program(join(folder(), "node"), `echo ${version}`);

    expect(await install(flavour, { nodePath })).toMatchObject(refused(`${version} at "${nodePath}"`));
  });

  it.each(["v16.20.0", "v16.20.2", "v17.0.0", "v20.20.2", "v24.1.0", "v26.0.0-nightly20260401"])(
    "accepts %s",
    async (version) => {
      const nodePath = program(join(folder(), "node"), `echo a warning >&2; [ "$1" != --version ] || echo ${version}`);

      expect(await install(flavour, { nodePath })).toMatchObject({
        exit: 0,
        out: [`ran ${nodePath}`],
        err: [],
      });
    },
  );

  it("repeats the message of a Node.js that this system cannot start", async () => {
    const said = "node: /lib/libm.so.6: version 'GLIBC_2.28' not found";
    const nodePath = program(join(folder(), "node"), `echo "${said}" >&2\necho second line >&2\nexit 1`);

    expect(await install(flavour, { nodePath })).toMatchObject(
      refused(`"${nodePath}", which as user ${USER} says: ${said} second line `),
    );
  });

  it("refuses a file that is not Node.js, or that cannot be run", async () => {
    const liar = program(join(folder(), "node"), "echo I am a teapot");
    const plain = join(folder(), "node");
    writeFileSync(plain, "v20.0.0");
    const place = folder();

    expect(await install(flavour, { nodePath: liar })).toMatchObject(
      refused(`"${liar}", which as user ${USER} says: I am a teapot `),
    );
    for (const nodePath of [plain, place]) {
      const { exit, err, state } = await install(flavour, { nodePath });
      expect([exit, state, err[0]]).toEqual([
        1,
        "ERRORED",
        expect.stringMatching(/says: .*(ermission denied|directory)/),
      ]);
    }
  });

  const exports = flavour === "lite" ? [true, false] : [true];
  const hiding = [
    "node; touch hacked",
    "$(touch hacked)",
    "`touch hacked`",
    '"; touch hacked; "',
    "'; touch hacked; '",
    "node && touch hacked #",
    "node\ntouch hacked",
    "node\n\ntouch hacked\n",
    "node\\\ntouch hacked",
    "node\n$END\nfi\ntouch hacked\nif :; then\ncat <<'$END'",
    "$END\nfi\ntouch hacked; exit\n",
    "node\n$END\ntouch hacked\n$END\nfi\ntouch hacked",
    "$END",
    "$HOME/node",
    "node | touch hacked",
    "node > hacked",
    "-e touch hacked",
    "",
  ];
  it.each(exports.flatMap((quotesSetenv) => hiding.map((nodePath) => [nodePath, quotesSetenv] as const)))(
    "runs nothing that hides in the path %j, with Setenv quoted: %s",
    async (nodePath, quotesSetenv) => {
      const PATH = pathWithoutNode();
      symlinkSync(process.execPath, join(PATH, "node"));

      const { exit, out, err, state, work } = await install(flavour, { nodePath, PATH, quotesSetenv });

      expect([exit, out, state, err[0]]).toEqual([
        1,
        [],
        "ERRORED",
        expect.stringContaining("packdrift needs Node.js 16.20 or later. Found: "),
      ]);
      expect(spawnSync("ls", [work], { encoding: "utf8" }).stdout).toBe("");
    },
  );

  it.each(hiding.filter((nodePath) => nodePath.includes("touch")))(
    "runs nothing that hides in the path %j after installing",
    async (nodePath) => {
      const { work } = await install(flavour, { nodePath, isInstalled: true });

      expect(spawnSync("ls", [work], { encoding: "utf8" }).stdout).toBe("");
    },
  );

  it("says when the native part does not fit the Node.js", async () => {
    const artifactsFolder = join(folder(), VERSION);
    cpSync(ARTIFACTS, artifactsFolder, { recursive: true });
    copyFileSync(join(ARTIFACTS, `aws-crt-${OTHER}.node`), join(artifactsFolder, `aws-crt-${MINE}.node`));

    const { exit, out, err, state } = await install(flavour, { nodePath: process.execPath, artifactsFolder });

    expect([exit, out, state]).toEqual([1, [], "ERRORED"]);
    expect(err).toEqual([
      expect.stringContaining(
        `packdrift needs a Node.js for linux ${MINE} and glibc 2.17 or later. Found: ${process.version} for linux ${process.arch} at "${process.execPath}", which cannot load the native part: Error: ${artifactsFolder}/aws-crt-${MINE}.node: `,
      ),
    ]);
    expect(err[0]).toContain(". To do: set nodePath ");
  });
});

describe("running", () => {
  it("starts packdrift with a Node.js whose path holds blanks", async () => {
    const nodePath = join(folder(), "my  programs/node");
    mkdirSync(join(nodePath, ".."));
    symlinkSync(process.execPath, nodePath);
    const scene = await startScene({ configuration: { nodePath }, isNew: true });
    closing.push(() => scene.close());

    expect(await scene.reports.next(() => true)).toMatchObject({ trigger: "START", drift: "IN_SYNC" });
  });
});

describe("the recipe's scripts", () => {
  const manifests: { Lifecycle: { Setenv: Record<string, string>; install: { Script: string }; run: string } }[] =
    parse(TEXT).Manifests;

  it("fail and run nothing when nucleus lite cuts them off at a variable that it cannot resolve", () => {
    for (const { Lifecycle } of manifests) {
      const names = Object.keys(Lifecycle.Setenv);
      for (const [at, name] of names.entries()) {
        const before = names.slice(0, at).map((other) => `export ${other}='/somewhere'\n`);
        const cut = `#!/bin/sh\n${before.join("")}export ${name}='`;
        const { status, stdout } = spawnSync("sh", ["-c", cut], { encoding: "utf8" });
        expect([status, stdout]).toEqual([2, ""]);
      }
      for (const script of [Lifecycle.install.Script, Lifecycle.run]) {
        const { status, stdout } = spawnSync("sh", ["-c", script.slice(0, script.indexOf("{"))], { encoding: "utf8" });
        expect([status, stdout]).toEqual([2, ""]);
      }
    }
  });

  it("differ between the architectures in nothing but the native part", () => {
    const [x64, arm64] = manifests.map(({ Lifecycle }) => JSON.stringify(Lifecycle));

    expect(arm64).toBe(x64?.replaceAll("x64", "arm64"));
  });

  it("are POSIX", () => {
    for (const { Lifecycle } of manifests) {
      for (const script of [Lifecycle.install.Script, Lifecycle.run]) {
        const { status, stderr } = spawnSync("dash", ["-n", "-c", script], { encoding: "utf8" });
        expect([status, stderr]).toEqual([0, ""]);
      }
    }
  });
});
