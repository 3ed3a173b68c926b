// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables.
import { execFileSync } from "node:child_process";
import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Flavour } from "../../src/lab/flavour.js";
import type { Nucleus } from "../../src/lab/nucleus.js";
import { platformOf } from "../../src/lab/platform.js";
import { parseRecipe } from "../../src/lab/recipe.js";
import { type ComponentRunOptions, type RunningComponent, startComponent } from "../../src/lab/run-component.js";
import { afterTest, COMPONENT, cleanUpAfterEach, FLAVOURS, someNucleus, temporaryFolder, within } from "./lab-parts.js";

cleanUpAfterEach();

function recipeOf(flavour: Flavour, lifecycle: unknown, configuration: unknown = {}) {
  const recipe = {
    RecipeFormatVersion: "2020-01-25",
    ComponentName: COMPONENT,
    ComponentVersion: "1.0.0",
    ComponentConfiguration: { DefaultConfiguration: configuration },
    Manifests: [{ Platform: { os: "linux", runtime: "*" }, Lifecycle: lifecycle }],
  };
  return parseRecipe(JSON.stringify(recipe), platformOf(flavour, "linux", "x64"));
}

async function started(
  flavour: Flavour,
  lifecycle: unknown,
  options: Partial<ComponentRunOptions> = {},
): Promise<{ nucleus: Nucleus; component: RunningComponent; artifactsFolder: string }> {
  const nucleus = options.nucleus ?? (await someNucleus(flavour));
  const artifactsFolder = options.artifactsFolder ?? (await temporaryFolder());
  const component = await startComponent({
    recipe: recipeOf(flavour, lifecycle),
    artifactsFolder,
    ...options,
    nucleus,
  });
  afterTest(() => component.stop(100));
  return { nucleus, component, artifactsFolder };
}

/** A nucleus whose component has a named pipe "go" in its work folder. */
async function piped(flavour: Flavour): Promise<Nucleus> {
  const nucleus = await someNucleus(flavour);
  const folder = join(nucleus.rootFolder, "work", COMPONENT);
  await mkdir(folder, { recursive: true });
  execFileSync("mkfifo", [join(folder, "go")]);
  return nucleus;
}

const texts = ({ output }: RunningComponent, stream = "stdout") =>
  output.all.filter((line) => line.stream === stream).map(({ text }) => text);
const statesOf = (nucleus: Nucleus) => nucleus.states.all.map(({ state }) => state);

describe.each(FLAVOURS)("a component on %s", (flavour) => {
  it("runs install, then run, in the work folder, with exactly the nucleus's environment", async () => {
    const lifecycle = {
      Setenv: { BOTH: "all steps", STEP: "all" },
      install: "echo installed > done",
      run: { Script: "cat done; pwd; env", Setenv: { STEP: "run {iot:thingName}" } },
    };
    const baseEnvironment = { PATH: process.env.PATH, HOME: "/root", SECRET: "not for components" };
    const { nucleus, component } = await started(flavour, lifecycle, {
      baseEnvironment,
      environment: { EXTRA: "1" },
      quotesSetenv: true,
    });
    expect(await within(component.exited, "exit")).toEqual({ code: 0, signal: null });

    const [first, folder, ...environment] = texts(component);
    expect([first, folder]).toEqual(["installed", await realpath(join(nucleus.rootFolder, "work", COMPONENT))]);
    const ofTheShell = ["PWD=", "OLDPWD=", "_=", "SHLVL="];
    expect(environment.filter((line) => !ofTheShell.some((name) => line.startsWith(name))).sort()).toEqual(
      Object.entries({
        PATH: process.env.PATH,
        HOME: "/root",
        ...nucleus.environmentOf(COMPONENT),
        BOTH: "all steps",
        STEP: "run lab-thing",
        EXTRA: "1",
      })
        .map(([key, value]) => `${key}=${value}`)
        .sort(),
    );
    expect(statesOf(nucleus)).toEqual(["NEW", "INSTALLED", "RUNNING", "FINISHED"]);
  });

  it("talks to the nucleus with the real client from its own process", async () => {
    const artifactsFolder = await temporaryFolder();
    const sdk = join(process.cwd(), "node_modules/aws-iot-device-sdk-v2/dist/greengrasscoreipc.js");
    const program = `
      const { createClient } = require(${JSON.stringify(sdk)});
      const client = createClient();
      client.connect()
        .then(() => client.getConfiguration({ keyPath: ["greeting"] }))
        .then(({ value }) => { console.log(value.greeting); return client.close(); });`;
    await writeFile(join(artifactsFolder, "main.cjs"), program);
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { greeting: "hello" } } });
    const slash = flavour === "lite" ? "" : "/";
    const run = `exec ${process.execPath} {artifacts:path}${slash}main.cjs`;
    const { component } = await started(flavour, { run }, { nucleus, artifactsFolder });
    await within(component.exited, "exit", 15_000);
    expect([texts(component), texts(component, "stderr")]).toEqual([["hello"], []]);
  });

  it("becomes ERRORED by a non-zero exit, with its error output kept apart", async () => {
    const { nucleus, component } = await started(flavour, { run: "echo fine; echo broken >&2; exit 3" });
    expect(await within(component.exited, "exit")).toEqual({ code: 3, signal: null });
    expect([texts(component), texts(component, "stderr"), nucleus.stateOf(COMPONENT)]).toEqual([
      ["fine"],
      ["broken"],
      "ERRORED",
    ]);
  });

  it("does not run when install fails", async () => {
    const { nucleus, component } = await started(flavour, { install: "echo no node >&2; exit 1", run: "echo ran" });
    expect(await within(component.exited, "exit")).toEqual({ code: 1, signal: null });
    expect([texts(component), texts(component, "stderr"), nucleus.stateOf(COMPONENT)]).toEqual([
      [],
      ["no node"],
      "ERRORED",
    ]);
  });

  it("is installed three times in vain, then is BROKEN and has not run", async () => {
    const options = { restart: true, restartDelayMs: 1 };
    const { nucleus, component } = await started(flavour, { install: "echo no; exit 1", run: "echo ran" }, options);
    expect(await within(component.exited, "exit")).toEqual({ code: 1, signal: null });
    expect([texts(component), component.starts.all]).toEqual([["no", "no", "no"], []]);
    expect(statesOf(nucleus)).toEqual(["NEW", "ERRORED", "BROKEN"]);
  });

  it("is stopped by SIGTERM to the whole process group", async () => {
    // "up" comes from the child itself: between fork and exec it would still hold the parent's trap.
    const run = "trap 'echo bye; exit 0' TERM; sh -c 'echo up; exec sleep 600' & wait";
    const { component } = await started(flavour, { run });
    await component.output.waitFor(({ text }) => text === "up");
    expect(await within(component.stop(), "stop")).toEqual({ code: 0, signal: null });
    expect(texts(component)).toEqual(["up", "bye"]);
  });

  it("is killed when it does not stop in time", async () => {
    const { component } = await started(flavour, { run: "trap '' TERM; echo up; while :; do sleep 1; done" });
    await component.output.waitFor(({ text }) => text === "up");
    expect(await within(component.stop(50), "stop")).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("is started again after failures until it is BROKEN", async () => {
    const options = { restart: true, restartDelayMs: 1 };
    const { nucleus, component } = await started(flavour, { run: "exit 1" }, options);
    await within(component.exited, "exit");
    expect(component.starts.all).toHaveLength(3);
    expect(nucleus.stateOf(COMPONENT)).toBe("BROKEN");
  });

  it("is not started again after exit 0", async () => {
    const { component } = await started(flavour, { run: "exit 0" }, { restart: true });
    await within(component.exited, "exit");
    expect(component.starts.all).toHaveLength(1);
  });

  it("is started again by a deployment of another version, with the new configuration in its script", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { word: "one" } } });
    const run = "echo {configuration:/word}; sleep 600";
    const { component } = await started(flavour, { run }, { nucleus, restart: true });
    await component.output.waitFor(({ text }) => text === "one");
    await nucleus.deploy(COMPONENT, { version: "2.0.0", configuration: { word: "two" } });
    await within(
      component.output.waitFor(({ text }) => text === "two"),
      "the second start",
    );
  });

  it("ends when it is removed during a restart", async () => {
    const { nucleus, component } = await started(flavour, { run: "echo up; sleep 600" }, { restart: true });
    await component.output.waitFor(() => true);
    const deployed = nucleus.deploy(COMPONENT, { version: "2.0.0" });
    nucleus.remove(COMPONENT);
    await deployed;
    nucleus.remove(COMPONENT);
    await within(component.exited, "exit");
    expect(texts(component, "stderr").join()).toContain("is not deployed");
  });

  it("may outlive its removal", async () => {
    const { nucleus, component } = await started(
      flavour,
      { run: "read line < go; exit 4" },
      { nucleus: await piped(flavour) },
    );
    nucleus.remove(COMPONENT);
    await writeFile(join(nucleus.rootFolder, "work", COMPONENT, "go"), "now\n");
    expect(await within(component.exited, "exit")).toEqual({ code: 4, signal: null });
  });

  it("shows what the shell cannot start", async () => {
    const { component } = await started(flavour, { run: "exec /no/such/program" });
    expect((await within(component.exited, "exit")).code).toBe(127);
    expect(texts(component, "stderr").join()).toMatch(/no\/such\/program/);
  });
});

describe("a component on classic", () => {
  it("is installed again by a deployment of another version, and does not run when that fails", async () => {
    const lifecycle = { install: "[ ! -e once ]; left=$?; touch once; exit $left", run: "echo up; sleep 600" };
    const { nucleus, component } = await started("classic", lifecycle, { restart: true, restartDelayMs: 1 });
    await component.output.waitFor(({ text }) => text === "up");
    await nucleus.deploy(COMPONENT, { version: "2.0.0" });
    expect(await within(component.exited, "exit")).toEqual({ code: 1, signal: null });
    expect([component.starts.all.length, nucleus.stateOf(COMPONENT)]).toEqual([1, "BROKEN"]);
  });

  it("is started again when the nucleus restarts, with a new token", async () => {
    const { nucleus, component } = await started("classic", { run: "echo $SVCUID; sleep 600" }, { restart: true });
    const first = await component.output.waitFor(() => true);
    await nucleus.restart();
    const second = await within(
      component.output.waitFor(() => true, 2),
      "the second start",
    );
    expect([first.text === second.text, nucleus.componentOfToken(second.text)]).toEqual([false, COMPONENT]);
  });

  it("skips install by Skipif", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "there"));
    const install = (Skipif: string) => ({ install: { Script: "echo installed", Skipif }, run: "echo ran" });
    const outputs = [];
    for (const skipIf of [`exists ${folder}/there`, `! exists ${folder}/there`, "onpath sh", "onpath no-such-thing"]) {
      const { component } = await started("classic", install(skipIf));
      await within(component.exited, "exit");
      outputs.push(texts(component).length);
    }
    expect(outputs).toEqual([1, 2, 1, 2]);
  });

  it("is killed when install exceeds its time limit", async () => {
    const { component } = await started("classic", { install: { Script: "sleep 600", Timeout: 0 }, run: "echo ran" });
    expect(await within(component.exited, "exit")).toEqual({ code: null, signal: "SIGKILL" });
    expect(texts(component)).toEqual([]);
  });
});

describe("a component on lite", () => {
  it("is installed again beside the process that runs, which is then started again", async () => {
    const run = "trap 'echo bye; exit 0' TERM; sh -c 'echo up; exec sleep 600' & wait";
    const { nucleus, component } = await started("lite", { install: "echo installed", run }, { restart: true });
    const isUp = ({ text }: { text: string }) => text === "up";
    await component.output.waitFor(isUp);
    await nucleus.deploy(COMPONENT, { version: "2.0.0" });
    await within(component.output.waitFor(isUp, 2), "the second start");
    expect(texts(component)).toEqual(["installed", "up", "installed", "bye", "up"]);
  });

  it("runs on when a deployment cannot install it, and is not started again after its end", async () => {
    const lifecycle = {
      install: "[ -e once ] && echo no && exit 1; touch once",
      run: "echo up; read line < go; exit 4",
    };
    const options = { nucleus: await piped("lite"), restart: true, restartDelayMs: 1 };
    const { nucleus, component } = await started("lite", lifecycle, options);
    await component.output.waitFor(({ text }) => text === "up");
    const deployment = await nucleus.deploy(COMPONENT, { id: "d", version: "2.0.0" });
    expect(deployment).toEqual({ id: "d", status: "FAILED", reason: `${COMPONENT}: install is broken` });
    expect(texts(component)).toEqual(["up", "no", "no", "no"]);
    expect(nucleus.stateOf(COMPONENT)).toBe("RUNNING");
    await writeFile(join(nucleus.rootFolder, "work", COMPONENT, "go"), "now\n");
    expect(await within(component.exited, "exit")).toEqual({ code: 4, signal: null });
    expect([component.starts.all.length, nucleus.stateOf(COMPONENT)]).toEqual([1, "BROKEN"]);
  });

  it("is not started again when the daemon restarts", async () => {
    const { nucleus, component } = await started("lite", { run: "echo up; sleep 600" }, { restart: true });
    await component.output.waitFor(() => true);
    await nucleus.restart();
    expect(component.starts.all).toHaveLength(1);
    await component.stop();
    expect(component.starts.all).toHaveLength(1);
  });

  it("fails at each start while the daemon is stopped, until it is BROKEN", async () => {
    const options = { restart: true, restartDelayMs: 1 };
    const { nucleus, component } = await started("lite", { run: "echo up; read line; exit 1" }, options);
    await component.output.waitFor(() => true);
    await nucleus.stop();
    component.pid && process.kill(-component.pid, "SIGKILL");
    await within(component.exited, "exit");
    expect([texts(component, "stderr"), nucleus.stateOf(COMPONENT)]).toEqual([
      ["Runner failed to authenticate with nucleus.", "Runner failed to authenticate with nucleus."],
      "BROKEN",
    ]);
  });

  it.each([
    [true, ["/my node"]],
    [false, ["/my"]],
  ])("has Setenv exported through its shell, quoted: %s", async (quotesSetenv, expected) => {
    const nucleus = await someNucleus("lite", { monitor: { configuration: { node: "/my node" } } });
    const run = { Setenv: { NODE: "{configuration:/node}" }, Script: 'echo "$NODE"' };
    const { component } = await started("lite", { run }, { nucleus, quotesSetenv });
    await within(component.exited, "exit");
    expect(texts(component)).toEqual(expected);
  });

  it("does not start with a script that lite cannot resolve", async () => {
    await expect(started("lite", { run: "echo ${HOME}" })).rejects.toThrow(
      '"{HOME}" is not a variable that nucleus lite knows',
    );
  });
});
