import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RUNNABLE_COMMANDS } from "../../src/commands/help/all-commands.js";
import { lacks } from "../needed.js";
import { runProgram } from "../run-program.js";
import { packdrift } from "./cli.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-completion-"));
  mkdirSync(join(folder, "jobs"));
  writeFileSync(join(folder, "job.json"), "{}");
  for (const shell of SHELLS) writeFileSync(join(folder, shell), (await packdrift(["completion", shell])).out);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILES = ["job.json", "jobs"];
const FORMATS = ["json", "junit", "prometheus", "sarif", "tap", "text"];
/** Lines of which the last word is completed, with what is offered, sorted. */
const LINES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ["packdrift che", ["check"]],
  ["packdrift archive ", ["import", "list", "serve", "show", "verify"]],
  ["packdrift help archive im", ["import"]],
  ["packdrift fleet ", ["move"]],
  ["packdrift help fleet ", ["move"]],
  ["packdrift fleet --client", ["--client-id"]],
  ["packdrift fleet move --t", ["--to"]],
  ["packdrift fleet move --from jo", FILES],
  ["packdrift help check ", []],
  ["packdrift check --comp", ["--component"]],
  ["packdrift check --format ", FORMATS],
  ["packdrift check --json --root / --job-n", ["--job-name"]],
  ["packdrift check jo", FILES],
  ["packdrift check --job jo", FILES],
  ["packdrift preflight --job job.json jo", FILES],
  ["packdrift snapshot -o jo", FILES],
  ["packdrift archive list --dir jo", ["jobs"]],
  ["packdrift check --project jo", []],
  ["packdrift facts jo", []],
  ["packdrift lab --nucleus ", ["classic", "lite"]],
  ["packdrift lab --scene for", ["forged"]],
  ["packdrift archive serve --log-level ", ["debug", "info", "warn"]],
  ["packdrift completion ", ["bash", "fish", "zsh"]],
];

describe.each(SHELLS.filter((shell) => !lacks(shell)))("packdrift completion %s", (shell) => {
  it("completes commands, actions, options, values, files and folders", async () => {
    const offered = await completed(
      shell,
      LINES.map(([line]) => line),
    );

    expect(LINES.map(([line], at) => [line, offered[at]])).toEqual(LINES.map(([line, words]) => [line, words]));
  });

  it("completes the value behind =", async () => {
    const [[offered = ""] = []] = await completed(shell, ["packdrift check --format=js"]);

    expect(offered.replace("--format=", "")).toBe("json");
  });

  it("offers every option of every command", async () => {
    const lines = RUNNABLE_COMMANDS.map(({ name }) => `packdrift ${name} --`);
    const offered = await completed(shell, lines);

    const options = RUNNABLE_COMMANDS.map((spec) => [...Object.keys(spec.options), "help"].map((name) => `--${name}`));
    expect(offered).toEqual(options.map((names) => names.sort()));
  });
});

it.skipIf(lacks("bash", "script"))("completes in a terminal with bash", async () => {
  writeFileSync(join(folder, "bashrc"), `source ./bash; packdrift() { printf '<%s>' "$@"; }`);
  const typed = "packdrift check --format js\\t jo\\t.\\t\\nexit\\n";
  const args = ["-c", `printf '${typed}' | script -qec 'bash --rcfile bashrc -i' /dev/null`];

  const { out } = await runProgram("bash", args, { PATH: process.env.PATH, TERM: "dumb" }, folder);

  expect(out).toContain("<check><--format><json><job.json>");
});

/** What a shell offers for the last word of each line, sorted. */
async function completed(shell: Shell, lines: readonly string[]): Promise<readonly (readonly string[])[]> {
  const script = join(import.meta.dirname, "shells", `complete.${shell}`);
  const env = { PATH: process.env.PATH, HOME: folder };
  const { out, err } = await runProgram(shell, [...WITHOUT_SETTINGS[shell], script, ...lines], env, folder);
  expect(err).toBe("");
  return out
    .split(/^\[.*\]\n/m)
    .slice(1)
    .map((text) => text.split("\n").filter((word) => word !== ""))
    .map((words) => [...new Set(words.map((word) => word.replace(/\t.*/, "").replace(/\/$/, "")))].sort());
}

const WITHOUT_SETTINGS = { bash: ["--noprofile", "--norc"], zsh: ["-f"], fish: ["--no-config"] };
