import { describe, expect, it } from "vitest";
import type { Installed, Library } from "../../src/device/facts.js";
import { availableVersions, hiddenFile, judgeMissing } from "../../src/drift/library-judgement.js";

const CONFIGURED = "not in the cache";
const file = (version: string, loadable: boolean | null, more: Partial<Installed> = {}): Installed => ({
  ...{ version, from: `/usr/lib/libnvinfer.so.${version}`, loadable },
  ...more,
});
const note = (version: string, loadable: boolean | null): Installed => ({ version, from: "dpkg status", loadable });
const of = (version: string, ...installed: Installed[]): Library => ({ version, installed });
const texts = (library: Library) => availableVersions(library).map(({ text, certain }) => `${text} ${certain}`);

describe("availableVersions", () => {
  it.each([
    ["a version without a file, as a package or the operator tells it", of("8.2.1"), ["8.2.1 true"]],
    [
      "a version of which one file of two loads",
      of("8.2.1", file("8.2.1", false), file("8.2.1", true)),
      ["8.2.1 true"],
    ],
    [
      "a version of which it is unknown for one file of two",
      of("8.2.1", file("8.2.1", false), file("8.2.1", null, { why: CONFIGURED })),
      ["8.2.1 false"],
    ],
    [
      "a version in a toolkit's folder where there is no cache to ask",
      of("8.2.1", file("8.2.1", null)),
      ["8.2.1 true"],
    ],
    [
      "no version whose files do not load, whatever notes say",
      of("8.2.1", file("8.2.1", false), note("8.2.1", null)),
      [],
    ],
    [
      "a note of another version of which no file tells",
      of("8.2.1", file("8.2.1", true), note("7.1.3", null)),
      ["8.2.1 true", "7.1.3 false"],
    ],
    [
      "another version of which it is unknown whether it loads",
      of("8.2.1", file("8.2.1", true), file("7.1.3", null)),
      ["8.2.1 true", "7.1.3 false"],
    ],
    [
      "versions that load before those that may",
      of("8.2.1", file("8.2.1", true), file("7.1.3", null), file("10.3.0", true)),
      ["8.2.1 true", "10.3.0 true", "7.1.3 false"],
    ],
    [
      "the default first, also where another version loads as surely",
      of("8.2.1", file("10.3.0", true), file("8.2.1", true), file("8.2.1", false)),
      ["8.2.1 true", "10.3.0 true"],
    ],
    [
      "the default as sure where one of its files loads and of another that is unknown",
      of("8.2.1", file("8.2.1", true), file("8.2.1", null, { why: CONFIGURED })),
      ["8.2.1 true"],
    ],
    [
      "the default first, also where it may not load and others do",
      of("8.2.1", file("10.3.0", true), file("8.2.1", null, { why: CONFIGURED }), file("8.2.1", false)),
      ["8.2.1 false", "10.3.0 true"],
    ],
    ["each version once", of("8.2.1", file("8.2.1", true), file("8.2.1", true)), ["8.2.1 true"]],
    ["nothing that is no version", of("unknown", file("latest", true)), []],
    [
      "a version by its files alone, not by those of others",
      of("8.2.1", file("7.1.3", false), note("8.2.1", true)),
      ["8.2.1 true"],
    ],
    [
      "a file without a version in its name",
      of("8.2.1", file("8.2.1", false, { from: "/opt/libnvinfer.so" }), note("8.2.1", null)),
      [],
    ],
    [
      "no file by a name that only begins like one",
      of("8.2.1", file("8.2.1", false, { from: "/opt/libnvinfer.sound" })),
      ["8.2.1 true"],
    ],
  ])("lists %s", (_, library, expected) => {
    expect(texts(library)).toEqual(expected);
  });
});

describe("hiddenFile", () => {
  it("finds the first installed file that would fit but does not load, and no file for which that is unknown", () => {
    const library = of("10.3.0", file("8.2.1", null), file("8.4.0", true), file("8.5.2", false), file("8.6.1", false));
    expect(hiddenFile(library, ([major]) => major === 8)?.version).toBe("8.5.2");
    expect(hiddenFile(library, ([major]) => major === 7)).toBeNull();
    expect(hiddenFile(of("8.x", file("8.x", false)), () => true)).toBeNull();
  });
});

describe("judgeMissing", () => {
  const need = {
    name: "TensorRT" as const,
    sentence: "The model needs TensorRT 8.2.1",
    serves: ([major]: readonly number[]) => major === 8,
  };

  it("says why a version does not load, and when the loader finds no version", () => {
    expect(judgeMissing(of("8.2.1", file("8.2.1", false, { why: "0 bytes" })), need, "")).toEqual({
      grade: "BLOCKING",
      actual: "8.2.1, not found by the loader",
      because:
        "The model needs TensorRT 8.2.1, which is installed (8.2.1 at /usr/lib/libnvinfer.so.8.2.1: 0 bytes) but not found by the loader, which finds no TensorRT",
    });
  });

  it("says what the loader certainly finds instead", () => {
    const library = of("10.3.0", file("10.3.0", null, { why: CONFIGURED }), file("7.1.3", true), file("8.2.1", false));
    expect(judgeMissing(library, need, "")).toMatchObject({
      actual: "10.3.0",
      because: expect.stringMatching(/which finds 7\.1\.3$/),
    });
  });

  it("cannot compare what is not a version", () => {
    expect(judgeMissing(of("unknown"), need, ", but there is another")).toEqual({
      grade: "UNKNOWN",
      actual: "unknown",
      because: '"unknown" is not a TensorRT version that can be compared',
    });
  });
});
