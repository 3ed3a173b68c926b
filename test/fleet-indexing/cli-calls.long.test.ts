import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blocksOf, pageOf, TOP } from "../docs/pages.js";
import { lacks } from "../needed.js";
import { limitsBroken } from "./query.js";

/** The arguments of each call of the AWS CLI on the page, as a shell gives them to it. */
function calls(): readonly (readonly string[])[] {
  const blocks = blocksOf(pageOf("docs/fleet-indexing.md")).filter(({ language }) => language === "sh");
  const script = `aws() { printf '%s\\0' "$@"; printf '\\1'; }\n${blocks.map(({ text }) => text).join("\n")}`;
  return execFileSync("bash", ["-c", `set -e\n${script}`], { encoding: "utf8" })
    .split("\u0001")
    .slice(0, -1)
    .map((call) => call.split("\0").slice(0, -1));
}

/** What the AWS CLI says of each call, with nobody to talk to: all in one process, since loading it takes over a second. */
function answersTo(all: readonly (readonly string[])[]): readonly string[] {
  const program = `
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
driver = create_clidriver()
def answer(call):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            driver.main(call + ["--endpoint-url", "http://127.0.0.1:1"])
        except SystemExit:
            pass
    return said.getvalue().strip()
print(json.dumps([answer(call) for call in json.loads(sys.argv[1])]))`;
  const env = {
    ...process.env,
    ...{ AWS_MAX_ATTEMPTS: "1", AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x", AWS_DEFAULT_REGION: "eu-west-1" },
  };
  // Debian's, whose awscli is this Python's.
  const said = execFileSync("/usr/bin/python3", ["-c", program, JSON.stringify(all)], {
    cwd: TOP,
    env,
    encoding: "utf8",
  });
  return JSON.parse(said);
}

describe.skipIf(lacks("AWS CLI"))("the commands of docs/fleet-indexing.md", () => {
  it("are calls that the AWS CLI sends", () => {
    const all = calls();

    const answers = answersTo([...all, ["iot", "search-index", "--query-text", "x"]]);

    expect(all.length).toBeGreaterThan(8);
    expect(answers.slice(0, -1).filter((answer) => !answer.startsWith("Could not connect to the endpoint"))).toEqual(
      [],
    );
    expect(answers.at(-1)).toContain("the following arguments are required: --query-string");
  });

  it("ask queries that the service accepts, and count by fields that it counts by", () => {
    const custom = JSON.parse(readFileSync(join(TOP, "examples/fleet-indexing/indexing.json"), "utf8")).customFields;
    const given = (option: string) => calls().flatMap((call) => call.filter((_, at) => call[at - 1] === option));

    expect(given("--query-string").length).toBeGreaterThan(3);
    expect(given("--query-string").flatMap(limitsBroken)).toEqual([]);
    const fields = ["registry.version", ...custom.map(({ name }: { name: string }) => name)];
    expect(given("--aggregation-field").filter((field) => !fields.includes(field))).toEqual([]);
  });
});
