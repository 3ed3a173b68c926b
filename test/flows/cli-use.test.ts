import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { command, packdrift } from "./cli.js";

const TOP = join(import.meta.dirname, "../..");
const JOB = join(TOP, "src/lab/jobs/x86-cpu-avx2.json");

/** Command lines that are wrong, with what is said of each, and whose help it names. */
const WRONG: readonly (readonly [args: readonly string[], problem: string, name: string])[] = [
  [["chekc"], 'Unknown command "chekc" (did you mean "check"?)', ""],
  [["polish"], 'Unknown command "polish"', ""],
  [["--hepl"], 'Unknown option "--hepl" (did you mean --help?)', ""],
  [["help", "flete"], 'Unknown command "flete" (did you mean "fleet"?)', ""],
  [["check"], "Nothing to check: needs FILE, --project and --job-name, or --component NAME", "check"],
  [["check", "--jsno"], 'Unknown option "--jsno" (did you mean --json?)', "check"],
  [["check", "-root", "/"], 'Unknown option "-root" (did you mean --root?)', "check"],
  [["check", "--jobname=x"], 'Unknown option "--jobname" (did you mean --job-name?)', "check"],
  [["check", "--job"], "--job needs a value: --job FILE", "check"],
  [["check", JOB, "--root="], "--root needs a value: --root DIR", "check"],
  [
    ["check", "--root", "--json"],
    '--root needs a value: --root DIR (with "=" where it begins with "-": --root=--json)',
    "check",
  ],
  [["check", JOB, "--root", "/", "--root", "/"], "Cannot use --root twice: it takes one value", "check"],
  [["check", JOB, "--json=yes"], "Cannot use --json=yes: --json takes no value", "check"],
  [["check", JOB, "--json", "--format", "tap"], "Cannot use --json together with --format", "check"],
  [["check", "--job", JOB, "--project", "p", "--job-name", "j"], "Cannot use --job together with --project", "check"],
  [["check", JOB, "--project", "p", "--job-name", "j"], "Cannot use FILE together with --project", "check"],
  [
    ["check", JOB, "--format", "yaml"],
    'Cannot use --format "yaml": must be one of text, json, junit, tap, prometheus, sarif',
    "check",
  ],
  [
    ["check", JOB, "--format", "jsno"],
    'Cannot use --format "jsno": must be one of text, json, junit, tap, prometheus, sarif (did you mean "json"?)',
    "check",
  ],
  [["check", JOB, "--deployed", "Caps"], 'Cannot read --deployed: must be NAME=x.y.z, is "Caps"', "check"],
  [["check", "--project", "bolts"], "--project needs --job-name NAME", "check"],
  [["check", JOB, "--endpoint", "http://127.0.0.1:9"], "--endpoint needs --project PROJECT", "check"],
  [["facts", "here"], 'Unexpected argument "here": facts takes none', "facts"],
  [["snapshot", "-x"], 'Unknown option "-x"', "snapshot"],
  [["preflight", "--job", JOB], "preflight needs --facts FILE_OR_ROOT", "preflight"],
  [["verify"], "verify needs FILE…", "verify"],
  [["model", "a", "--component", "b"], "Cannot use PATH together with --component", "model"],
  [["run", "--confg", "x"], 'Unknown option "--confg" (did you mean --config?)', "run"],
  [["run"], 'Cannot run as thing "": needs AWS_IOT_THING_NAME, as Greengrass sets it, or --thing NAME', "run"],
  [
    ["lab", "--nucleus", "lit"],
    'Cannot use --nucleus "lit": must be one of classic, lite (did you mean "lite"?)',
    "lab",
  ],
  [["lab", "--fleet", "0"], 'Cannot use --fleet "0": must be a whole number from 1 to 20000', "lab"],
  [["lab", "--speed", "2"], "--speed needs --fleet N", "lab"],
  [["lab", "--job", "none", "--job", "a.json"], 'Cannot use --job "none" together with files', "lab"],
  [["archive"], "archive needs an action: serve, import, list, show, verify", "archive"],
  [
    ["archive", "improt"],
    'archive has no action "improt" (did you mean "import"?), needs an action: serve, import, list, show, verify',
    "archive",
  ],
  [["archive", "list"], "archive list needs --dir DIR", "archive list"],
  [
    ["archive", "show", "--dir", "/tmp", "a/b", "c/d"],
    'Unexpected argument "c/d": archive show takes one PROJECT/JOB',
    "archive show",
  ],
  [["archive", "show", "--dir", "/tmp", "caps"], 'archive show needs PROJECT/JOB, has "caps"', "archive show"],
  [["fleet", "--brokr", "x"], 'Unknown option "--brokr" (did you mean --broker?)', "fleet"],
  [["fleet", "--cert", "a.pem", "--key", "a.key"], "--cert needs --broker URL", "fleet"],
];

describe("wrong use", () => {
  it.each(WRONG)("of %j ends with 3 and two lines on standard error", async (args, problem, name) => {
    expect(await command(args)).toEqual({
      code: 3,
      out: "",
      err: `packdrift: ${problem}\nRun "packdrift ${name === "" ? "" : `${name} `}--help".\n`,
    });
  });

  it("is not reported for a missing file: one line names it", async () => {
    const problem = 'Cannot read job from "/no/such.json": there is no such file (ENOENT)';

    expect(await command(["check", "/no/such.json"])).toEqual({ code: 3, out: "", err: `packdrift: ${problem}\n` });
  });

  it("of no command at all shows the overview on standard error", async () => {
    const asked = await packdrift(["--help"]);

    expect(await packdrift([])).toEqual({ code: 3, out: "", err: asked.out });
  });
});

describe("packdrift", () => {
  it.each(["--version", "-V", "version"])("reports its version with %s", async (word) => {
    const { version } = JSON.parse(readFileSync(join(TOP, "package.json"), "utf8"));

    expect(await packdrift([word])).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  it.each(["--help", "-h", "help"])("shows every command in 80 columns and 24 rows with %s", async (word) => {
    const { code, out, err } = await packdrift([word]);

    const lines = out.trimEnd().split("\n");
    expect([code, err]).toEqual([0, ""]);
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    [["check", "--help"], "packdrift check: "],
    [["check", "no-such-file", "-h", "--nonsense"], "packdrift check: "],
    [["help", "run"], "packdrift run: "],
    [["run", "-h"], "packdrift run: "],
    [["--help", "lab"], "packdrift lab: "],
    [["archive", "--help"], "packdrift archive: "],
    [["help", "archive", "import"], "packdrift archive import: "],
    [["archive", "verify", "-h"], "packdrift archive verify: "],
    [["fleet", "--help"], "packdrift fleet: "],
  ])("shows the help that %j asks for", async (args, title) => {
    const { code, out, err } = await packdrift(args);

    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(new RegExp(`^${title}`));
  });

  it("reads what follows -- as a file", async () => {
    const { code, err } = await packdrift(["check", "--", "--help"]);

    expect([code, err.split("\n")[0]]).toEqual([
      3,
      'packdrift: Cannot read job from "--help": there is no such file (ENOENT)',
    ]);
  });
});
