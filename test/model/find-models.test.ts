import { describe, expect, it } from "vitest";
import { findStoredModels, storedVersions } from "../../src/model/find-models.js";
import { type FakeTree, fakeHost } from "../device/fake-host.js";

const ROOT = "/greengrass/v2";
const UNPACKED = `${ROOT}/packages/artifacts-unarchived`;
const PACKED = `${ROOT}/packages/artifacts`;
const CAPS = "com.example.Caps";

/** The components and versions found as models, and what could not be read. */
function found(tree: FakeTree) {
  const { models, unread } = findStoredModels(fakeHost(tree), ROOT);
  return { models: models.map(({ component, version }) => `${component} ${version}`), unread };
}

describe("findStoredModels", () => {
  it("recognises models by their files, not by the component's name", () => {
    const tree = {
      [`${UNPACKED}/${CAPS}/1.0.0/abc_greengrass_model_component/anomaly/compiled.so`]: "ELF",
      [`${UNPACKED}/com.example.Old/2.0.0/model/compiled.meta`]: "{}",
      [`${PACKED}/com.example.Graph/1.2.3/compiled_model.json`]: "{}",
      [`${UNPACKED}/com.example.Onnx/1.0.0/x/manifest.json`]: '{"compilable_models": []}',
      [`${UNPACKED}/com.example.Model/1.0.0/web/manifest.json`]: '{"name": "a web page"}',
      [`${PACKED}/com.example.Runtime/1.0.0/libdlr.so`]: "ELF",
    };

    expect(found(tree)).toEqual({
      models: [`${CAPS} 1.0.0`, "com.example.Graph 1.2.3", "com.example.Old 2.0.0", "com.example.Onnx 1.0.0"],
      unread: [],
    });
  });

  it("finds nothing where there is no package store", () => {
    expect(found({ "/etc/os-release": "" })).toEqual({ models: [], unread: [] });
  });

  it("says what it could not read where no model is recognised", () => {
    const tree = {
      [`${UNPACKED}/${CAPS}`]: { unreadable: "permission denied" },
      [`${UNPACKED}/com.example.B/1.0.0/manifest.json`]: { unreadable: "permission denied" },
    };

    expect(found({ ...tree, [UNPACKED]: { unreadable: "permission denied" } })).toEqual({
      models: [],
      unread: [{ path: UNPACKED, why: "permission denied" }],
    });
    expect(found(tree).unread).toEqual([
      { path: `${UNPACKED}/com.example.B/1.0.0/manifest.json`, why: "permission denied" },
      { path: `${UNPACKED}/${CAPS}`, why: "permission denied" },
    ]);
  });

  it("ignores a manifest that is not JSON, or too deep to be one", () => {
    const tree = {
      [`${UNPACKED}/a/1.0.0/x/manifest.json`]: "{",
      [`${UNPACKED}/b/1.0.0/x/manifest.json`]: `{"model_graph":${"[".repeat(1_000)}${"]".repeat(1_000)}}`,
    };

    expect(found(tree)).toEqual({ models: [], unread: [] });
  });

  it("does not look deeper than four folders, nor through any number of them", () => {
    const many = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, at) => [`${UNPACKED}/b/1.0.0/${String(at).padStart(4, "0")}/x`, ""]),
    );
    const tree = {
      [`${UNPACKED}/a/1.0.0/1/2/3/4/compiled.so`]: "",
      [`${UNPACKED}/c/1.0.0/1/2/3/4/5/compiled.so`]: "",
      ...many,
      [`${UNPACKED}/b/1.0.0/2999/compiled.so`]: "",
    };

    expect(found(tree).models).toEqual(["a 1.0.0"]);
  });
});

describe("storedVersions", () => {
  it("names the versions with their folders, oldest first", () => {
    const host = fakeHost({
      [`${UNPACKED}/${CAPS}/10.0.0/m/compiled.so`]: "",
      [`${PACKED}/${CAPS}/10.0.0/m.zip`]: "",
      [`${UNPACKED}/${CAPS}/9.0.0/m/compiled.so`]: "",
      [`${PACKED}/${CAPS}/latest/m.zip`]: "",
    });

    expect(storedVersions(host, ROOT, CAPS).versions).toEqual([
      { component: CAPS, version: "9.0.0", folders: [`${UNPACKED}/${CAPS}/9.0.0`], isModel: true, unread: [] },
      {
        component: CAPS,
        version: "10.0.0",
        folders: [`${UNPACKED}/${CAPS}/10.0.0`, `${PACKED}/${CAPS}/10.0.0`],
        isModel: true,
        unread: [],
      },
    ]);
  });

  it("never leaves the store", () => {
    const host = fakeHost({ "/greengrass/v2/packages/1.0.0/compiled.so": "", "/etc/1.0.0/compiled.so": "" });

    for (const name of ["..", ".", "a/b", "../../../../etc", ""])
      expect(storedVersions(host, ROOT, name)).toEqual({ versions: [], unread: [] });
  });

  it("says that a component's folder could not be listed", () => {
    const host = fakeHost({ [`${UNPACKED}/${CAPS}`]: { unreadable: "permission denied" } });

    expect(storedVersions(host, ROOT, CAPS)).toEqual({
      versions: [],
      unread: [{ path: `${UNPACKED}/${CAPS}`, why: "permission denied" }],
    });
  });
});
