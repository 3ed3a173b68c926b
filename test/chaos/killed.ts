import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { openLedger, type Tally } from "./ledger.js";

/** The component's outbox, killed repeatedly at random system calls until a number of reports was made. */
export async function killedRun(options: {
  readonly kills: number;
  readonly reports: number;
  readonly random: () => number;
}): Promise<Tally & { readonly kills: number; readonly problems: readonly string[] }> {
  const { random } = options;
  const folder = mkdtempSync(join(tmpdir(), "packdrift-killed-"));
  const script = join(folder, "victim.mjs");
  const entry = join(import.meta.dirname, import.meta.url.endsWith(".ts") ? "" : "../../test/chaos", "victim.ts");
  await build({
    entryPoints: [entry],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  const ledger = openLedger();
  const problems: string[] = [];
  let kills = 0;
  let made = 0;
  try {
    while (kills < options.kills || made < options.reports) {
      const left = (options.reports - made) / Math.max(1, options.kills - kills);
      // A start alone takes some 100 calls where many segments are to be read.
      await life(1 + Math.floor(random() * Math.max(300, 26 * left)));
      kills += 1;
    }
    await life(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { ...ledger.tally(), kills, problems };

  async function life(calls: number): Promise<void> {
    const ack = random() < 0.5 ? JSON.stringify(ledger.contiguous("line-4-camera-2")) : "null";
    const seed = String(Math.floor(random() * 2 ** 31));
    const args = [script, join(folder, "outbox"), String(calls), seed, ack];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    const code = await new Promise((resolve) => child.once("close", (...how) => resolve(how)));
    const [exit, signal] = code as [number | null, string | null];
    if (calls === 0 ? exit !== 0 : signal !== "SIGKILL" && exit !== 0)
      throw new Error(`The victim ended with ${exit} ${signal}`);
    for (const line of output.split("\n").slice(0, -1)) {
      if (line.startsWith("M ")) {
        const [, id = "", digest = ""] = line.split(" ");
        ledger.made(id, digest);
        made += 1;
      } else if (line.startsWith("D ")) ledger.arrive(line.slice(2));
      else problems.push(line);
    }
  }
}
