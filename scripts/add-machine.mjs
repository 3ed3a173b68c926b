// npm run add-machine NAME SNAPSHOT "TITLE": unpacks a snapshot to test/hosts/NAME and writes down its
// facts, for a person to check.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const [name = "", snapshot = "", title = ""] = process.argv.slice(2);
const folder = join(top, "test/hosts", name);

/** What the command prints; ends with its error where it fails. */
function outputOf(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) fail(`${program} ${args.join(" ")} failed: ${stderr.trim()}`);
  return stdout;
}

function fail(message) {
  console.error(`Cannot add the machine: ${message}`);
  process.exit(1);
}

if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
  fail(`the name must be of lower-case letters, digits and hyphens, is "${name}"`);
if (title === "") fail('the title is missing: npm run add-machine NAME SNAPSHOT "TITLE"');
if (!existsSync(snapshot)) fail(`there is no file ${snapshot}`);
if (existsSync(folder)) fail(`${folder} is there already`);

mkdirSync(folder);
outputOf("tar", ["-xzf", snapshot, "-C", folder, "--exclude", "SNAPSHOT.json"]);
const facts = JSON.parse(
  outputOf(process.execPath, [join(top, "dist/packdrift.mjs"), "facts", "--json", "--root", folder]),
);
const { schema: _, readings: __, cpu, ...summary } = facts;
const expected = { machine: name, title, ...summary, ...(cpu === null ? {} : { cpu: { name: cpu.name } }), notes: [] };
writeFileSync(join(folder, "expected.json"), `${JSON.stringify(expected, null, 1)}\n`);
console.log(`Wrote test/hosts/${name}/expected.json. Next: correct what is wrong in it; it must be the truth, not what was detected.
Then write down in test/hosts/SOURCES.md where the files are from, and run: npm run machines && npm test -- test/device`);
