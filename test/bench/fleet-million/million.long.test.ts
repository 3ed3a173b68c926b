import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lacks } from "../../needed.js";

const BENCH = join(import.meta.dirname, "../../../bench/fleet-million.mjs");

// Whether it runs, not how fast: every message is stored once, or it ends with an error.
describe.skipIf(lacks("PostgreSQL"))("bench/fleet-million.mjs", () => {
  it("plays the day of 20,000 devices against both engines, and shows what was measured and what was computed", () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-million-"));
    try {
      const json = join(folder, "rows.json");
      const printed = execFileSync(process.execPath, [BENCH, "--short", "--folder", folder, "--json", json], {
        encoding: "utf8",
      });

      expect(printed.match(/^## .*$/gm)).toEqual([
        "## Measured",
        "## Computed: the store",
        "## Computed: all return, over AWS IoT Core",
        "## Computed: AWS's default quotas",
        "## Computed: what a month costs on AWS (list prices, US East (N. Virginia), mid-2026)",
      ]);
      expect(printed).toMatch(/\| 4 receivers on PostgreSQL \| all are back[^|]*\| (2\d,\d{3}) of \1 \|/);
      expect(printed).not.toMatch(/NaN|undefined|Infinity/);
      expect(JSON.parse(readFileSync(json, "utf8"))).toHaveLength(10);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
