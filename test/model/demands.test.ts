import { describe, expect, it } from "vitest";
import { demandsOf } from "../../src/model/demands.js";
import { type FileEvidence, type Linkage, silentFile } from "../../src/model/evidence.js";

function library(path: string, linkage: Partial<Linkage>): FileEvidence {
  const none = { soname: null, needed: [], folders: [], versionNeeds: [] };
  return { ...silentFile(path, "LIBRARY"), linkage: { ...none, ...linkage } };
}

const names = (files: readonly FileEvidence[]) => demandsOf(files).loads.map(({ value }) => value);

describe("demandsOf", () => {
  it("leaves out what is in the same folder, by its name or by its soname", () => {
    const files = [
      library("/m/a.so", { needed: ["b.so", "libc.so.6", "libnamed.so.2"] }),
      library("/m/b.so", {}),
      library("/m/libnamed.so.2.1", { soname: "libnamed.so.2" }),
    ];

    expect(names(files)).toEqual(["libc.so.6"]);
  });

  it("leaves out what a RUNPATH of the model finds in it, and nothing else of other folders", () => {
    const brought = library("/m/lib/b.so", {});

    expect(names([library("/m/a.so", { needed: ["b.so"], folders: ["/m/lib"] }), brought])).toEqual([]);
    expect(names([library("/m/a.so", { needed: ["b.so"] }), brought])).toEqual(["b.so"]);
  });

  it("names each library once for each file that loads it", () => {
    const files = [library("/m/a.so", { needed: ["x", "x"] }), library("/m/b.so", { needed: ["x"] })];

    expect(demandsOf(files).loads.map(({ value, path }) => `${value} ${path}`)).toEqual(["x /m/a.so", "x /m/b.so"]);
  });

  it("uses the newest version as the floor, by number", () => {
    const versionNeeds = [
      { library: "libc.so.6", versions: ["GLIBC_2.9", "GLIBC_2.17", "GLIBC_2.2.5", "GLIBC_PRIVATE"] },
      { library: "libm.so.6", versions: ["GLIBC_2.27"] },
      { library: "libstdc++.so.6", versions: ["GLIBCXX_3.4.9", "GLIBCXX_3.4.22", "CXXABI_1.3.11"] },
    ];

    const { glibc, glibcxx } = demandsOf([library("/m/a.so", { versionNeeds })]).floors;

    expect([glibc?.value, glibc?.place]).toEqual(["2.27", ".gnu.version_r, libm.so.6"]);
    expect(glibcxx?.value).toBe("3.4.22");
  });

  it("has no floor for a C++ library that the model brings", () => {
    const versionNeeds = [{ library: "libstdc++.so.6", versions: ["GLIBCXX_3.4.30"] }];
    const files = [library("/m/a.so", { versionNeeds }), library("/m/libstdc++.so.6", {})];

    expect(demandsOf(files).floors.glibcxx).toBeNull();
  });
});
