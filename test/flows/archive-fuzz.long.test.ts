import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const FUZZ = join(import.meta.dirname, "../../bench/archive-fuzz.mjs");

describe("the archive under hostile requests", () => {
  it("keeps answering, in bounded memory, and reads nothing outside (3,000 requests; `npm run fuzz:archive` for 100,000)", async () => {
    const ended = await new Promise<{ code: number | null; out: string }>((resolve, reject) => {
      const child = spawn(process.execPath, [FUZZ, "--requests", "3000", "--seed", "7"], {
        env: { PATH: process.env.PATH ?? "" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let out = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text;
      });
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, out }));
    });

    expect([JSON.parse(ended.out).faults, ended.code]).toEqual([[], 0]);
  });
});
