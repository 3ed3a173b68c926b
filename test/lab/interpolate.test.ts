// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell and Greengrass variables.
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { interpolateScript, interpolateValue, type RecipeVariables } from "../../src/lab/interpolate.js";

function someVariables(flavour: "classic" | "lite"): RecipeVariables {
  return {
    flavour,
    rootFolder: "/gg",
    thingName: "thing",
    artifactsFolder: "/gg/a",
    unpackedFolder: "/gg/u",
    workFolder: "/gg/w",
    configuration: { n: 5, on: true, "a/b": { list: [1, "x"] }, evil: '"; rm $HOME `x` \\' },
  };
}

describe("interpolateScript", () => {
  const all = "{artifacts:path} {artifacts:decompressedPath} {work:path} {iot:thingName} {kernel:rootPath}";

  it("replaces every variable on classic", () => {
    expect(interpolateScript(all, someVariables("classic"))).toBe("/gg/a /gg/u /gg/w thing /gg");
  });

  it("adds a slash to paths on lite", () => {
    expect(interpolateScript(all, someVariables("lite"))).toBe("/gg/a/ /gg/u/ /gg/w/ thing /gg");
  });

  it.each(["classic", "lite"] as const)("reads the configuration by JSON pointer on %s", (flavour) => {
    const script = "{configuration:/n} {configuration:/on} {configuration:/a~1b/list/0}";
    expect(interpolateScript(script, someVariables(flavour))).toBe("5 true 1");
    expect(interpolateValue("{configuration:/a~1b}", someVariables(flavour))).toBe('{"list":[1,"x"]}');
  });

  it("leaves on classic what it cannot resolve", () => {
    const script = "{configuration:/none} ${VAR:-x} {other:artifacts:path} { a; } {no:such}";
    expect(interpolateScript(script, someVariables("classic"))).toBe(script);
  });

  it.each(["{configuration:/none}", "${VAR}", "{ a; }", "{no:such}", "awk '{print}'", "{"])(
    "fails on lite with %s",
    (script) => {
      expect(() => interpolateScript(script, someVariables("lite"))).toThrow(InvalidInputError);
    },
  );

  it("escapes values for the shell on lite only, and not in Setenv", () => {
    const script = "echo {configuration:/evil}";
    expect(interpolateScript(script, someVariables("classic"))).toBe('echo "; rm $HOME `x` \\');
    expect(interpolateScript(script, someVariables("lite"))).toBe('echo \\"; rm \\$HOME \\`x\\` \\\\');
    expect(interpolateValue("{configuration:/evil}", someVariables("lite"))).toBe('"; rm $HOME `x` \\');
  });
});
