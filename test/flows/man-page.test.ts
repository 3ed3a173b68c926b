import { join } from "node:path";
import { expect, it } from "vitest";
import { ended } from "../ended.js";

const PAGE = join(import.meta.dirname, "../../dist/packdrift.1");

it("the man page has no fault that mandoc finds", async () => {
  const lint = await ended("mandoc", ["-Tlint", "-Wstyle", PAGE], { PATH: process.env.PATH });

  expect(lint).toEqual({ code: 0, out: "", err: "" });
});
