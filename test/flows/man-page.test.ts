import { join } from "node:path";
import { expect, it } from "vitest";
import { lacks } from "../needed.js";
import { runProgram } from "../run-program.js";

const PAGE = join(import.meta.dirname, "../../dist/packdrift.1");

it.skipIf(lacks("mandoc"))("the man page has no fault that mandoc finds", async () => {
  const lint = await runProgram("mandoc", ["-Tlint", "-Wstyle", PAGE], { PATH: process.env.PATH });

  expect(lint).toEqual({ code: 0, out: "", err: "" });
});
