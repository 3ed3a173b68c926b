import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { setenvExports } from "../../src/lab/setenv-exports.js";

const VARIABLES = {
  flavour: "lite" as const,
  rootFolder: "/gg",
  thingName: "line-4",
  artifactsFolder: "/gg/artifacts",
  unpackedFolder: "/gg/unpacked",
  workFolder: "/gg/work",
};
const written = (node: string, quoted: boolean) =>
  setenvExports([["NODE", "{configuration:/node}"]], { ...VARIABLES, configuration: { node } }, quoted);
const NASTY = ["/my node", "a; echo b", "it's", '"$HOME"', "`id`", "$(id)", "a\\b", "two\nlines", "*", "# no", ""];

describe("setenvExports", () => {
  it("writes one export for each name, with variables replaced", () => {
    const setenv = [
      ["A", "1"],
      ["B", "{artifacts:path}x"],
    ] as const;
    expect(setenvExports(setenv, { ...VARIABLES, configuration: {} }, true)).toBe(
      "export A='1'\nexport B='/gg/artifacts/x'\n",
    );
    expect(setenvExports(setenv, { ...VARIABLES, configuration: {} }, false)).toBe(
      "export A=1\nexport B=/gg/artifacts/x\n",
    );
  });

  it.each(NASTY)("passes %j to the shell unchanged where it is quoted", (node) => {
    const script = `${written(node, true)}printf %s "$NODE"`;
    expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe(node);
  });

  it("lets the shell split and run what release 2.6.0 does not quote", () => {
    const run = (node: string) => {
      const { stdout, status } = spawnSync("sh", ["-c", `${written(node, false)}printf '<%s>' "$NODE"`], {
        encoding: "utf8",
      });
      return status === 0 ? stdout : "failed";
    };
    expect(run("/my node")).toBe("</my>");
    expect(run("/my  programs/node")).toBe("failed");
    expect(run("a; echo b")).toBe("b\n<a>");
    expect(run("it's")).toBe("failed");
    expect(run('"$HOME"`id`\\')).toBe('<"$HOME"`id`\\>');
  });
});
