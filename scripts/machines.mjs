// Writes src/lab/fleet/machines.json, the facts of the machines in test/hosts, of which `packdrift lab --fleet` makes its virtual
// devices. Run by `npm run machines` after test/hosts or a detector has changed; a test checks that they agree.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const hosts = join(top, "test/hosts");
const names = readdirSync(hosts, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** The facts as `facts --json` prints them, without what the readings repeat: their plain values and other sightings. */
function factsOf(name) {
  const program = [join(top, "dist/packdrift.mjs"), "facts", "--json", "--root", join(hosts, name)];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot read the facts of ${name}: ${stderr}`);
  const { schema, readings } = JSON.parse(stdout);
  const short = Object.entries(readings).map(([key, { seen: _, ...reading }]) => [key, reading]);
  return { schema, readings: Object.fromEntries(short) };
}

const lines = names.map((name) => {
  const { title } = JSON.parse(readFileSync(join(hosts, name, "expected.json"), "utf8"));
  return JSON.stringify({ name, title, facts: factsOf(name) });
});
writeFileSync(join(top, "src/lab/fleet/machines.json"), `[\n${lines.join(",\n")}\n]\n`);
