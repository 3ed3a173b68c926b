import { expect, it } from "vitest";
import { launcher } from "../../scripts/build/device-bundle.mjs";
import { runProgram } from "../run-program.js";

it("names a program file that cannot be run without letting a terminal act on its path", async () => {
  const path = "/nosuch/\u001b[2J\u202e\nforged: examiner.cjs";

  const args = ["--input-type=commonjs", "-e", await launcher(), "--", path, "0".repeat(64), ""];
  const { code, err } = await runProgram(process.execPath, args, {});

  expect([code, err.split("\n").length]).toEqual([3, 2]);
  expect(err).toContain('Cannot run "/nosuch/\\u001b[2J\\u202e\\u000aforged: examiner.cjs"');
});
