// Makes a dictionary for the fleet's store from reports of the recorded machines: `node scripts/write-fleet-dictionary.mjs ID`,
// and with `--short` one for heartbeats.
// A dictionary that was shipped never changes, since stored reports cannot be read without it: give the next one a new id.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundled } from "../test/bundled.mjs";

const top = join(import.meta.dirname, "..");
const id = Number(process.argv[2]);
if (!(id >= 1)) throw new Error("Give the number of the dictionary, 1 or higher");
const file = join(top, `src/fleet/store/dictionary-${id}.json`);
if (existsSync(file)) throw new Error(`"${file}" exists: a dictionary that was shipped never changes`);
const folder = join(top, "src/lab/jobs");
const jobs = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
const { dictionaryOf, shortDictionaryOf } = await bundled(
  join(top, "scripts/fleet-dictionary.ts"),
  join(top, "dist/fleet-dictionary.mjs"),
);
const text = process.argv[3] === "--short" ? shortDictionaryOf(jobs) : dictionaryOf(jobs);
writeFileSync(file, `${JSON.stringify({ id, text }, null, 2)}\n`);
console.log(`${Buffer.byteLength(text)} bytes`);
