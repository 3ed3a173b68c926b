// Mutation testing: changes the program in one spot at a time and shows which changes no unit test notices.
// `npm run mutation` takes hours; `npm run mutation -- src/drift/waivers.ts` minutes. Texts are not changed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const CONFIG = "test/mutation/stryker.config.json";
const MUTATED = ["src/drift/**/*.ts", "src/job/*.ts", "src/outbox/{replay,report-index}.ts"];

const files = process.argv.length > 2 ? process.argv.slice(2) : MUTATED;
const rows = [];
for (const room of ["drift", "job", "outbox"]) {
  const mutated = files.filter((file) => file.startsWith(`src/${room}/`));
  if (mutated.length === 0) continue;
  const { status } = spawnSync("npx", ["stryker", "run", CONFIG, "--mutate", mutated.join(",")], {
    stdio: "inherit",
    env: { ...process.env, MUTATED_ROOM: room },
  });
  if (status !== 0) process.exit(status ?? 1);
  rows.push(...tableRows(JSON.parse(readFileSync("dist/mutation/report.json", "utf8"))));
}
console.log(["| file | mutants | killed | survived |", "|---|---|---|---|", ...rows].join("\n"));

/** A row per file, as CONTRIBUTING.md has them. A mutant that makes a loop endless counts as killed. */
function tableRows({ files: reported }) {
  return Object.entries(reported).flatMap(([file, { mutants }]) => {
    const count = (...states) => mutants.filter((mutant) => states.includes(mutant.status)).length;
    const killed = count("Killed", "Timeout");
    const survived = count("Survived", "NoCoverage");
    const all = killed + survived;
    return all === 0 ? [] : [`| \`${file}\` | ${all} | ${((100 * killed) / all).toFixed(1)} % | ${survived} |`];
  });
}
