// `npm run bench:fleet`: what the fleet carries, in one table; about ten minutes on a quiet machine. Each part is a process of its own
// and can be run alone: fleet-intake.mjs, fleet-mqtt.mjs, fleet-served.mjs, fleet-queries.mjs.
//   --things N    things in the stores (default 100000)     --short   2,000 things: whether it runs, not how fast
//   --million     adds the questions, the memory and the start with a million things, and the day of a million devices
//                 (fleet-million.mjs, which can be run alone): three quarters of an hour more
//   --json FILE   writes the figures too
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    things: { type: "string", default: "100000" },
    short: { type: "boolean", default: false },
    million: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const things = values.short ? "2000" : values.things;
const bench = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "packdrift-bench-fleet-"));
const short = (...options) => (values.short ? options : []);
const rows = [];
const from = performance.now();
console.log(`${things} things, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`);
try {
  await part("fleet-intake.mjs", "--engines", "sqlite", "--things", things, "--reports", things);
  await part("fleet-intake.mjs", "--engines", "postgres", "--things", things, "--reports", String(Number(things) / 2));
  await part("fleet-mqtt.mjs", ...short("--reports", "2000"));
  await part("fleet-served.mjs", "--things", things, ...short("--seconds", "5", "--rate", "200"));
  await part("fleet-queries.mjs", "--things", things, ...short("--runs", "5"));
  if (values.million) await part("fleet-served.mjs", "--things", "1000000", "--seconds", "30");
  if (values.million) await part("fleet-million.mjs", ...short("--short"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n| | figure | wanted | |\n|---|---|---|---|`);
for (const { what, figure, wanted = "", met } of rows) {
  console.log(`| ${what} | ${figure} | ${wanted} | ${met === undefined ? "" : met ? "met" : "**not met**"} |`);
}
console.log(`\n${Math.round((performance.now() - from) / 1_000)} s, load ${loadavg()[0].toFixed(1)}`);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ things: Number(things), rows }, null, 1)}\n`);

/** Runs one part and takes its rows; a part that fails is a row too. */
async function part(script, ...options) {
  const json = join(folder, "rows.json");
  rmSync(json, { force: true });
  console.log(`\n${script} ${options.join(" ")}`);
  const child = spawn(process.execPath, [join(bench, script), ...options, "--json", json], { stdio: "inherit" });
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code === 0) rows.push(...JSON.parse(readFileSync(json, "utf8")));
  else rows.push({ what: `${script} ${options.join(" ")}`, figure: `failed with code ${code}`, met: false });
}
