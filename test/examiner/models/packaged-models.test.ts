import { describe, expect, it } from "vitest";
import { packagedModels } from "../../../src/examiner/models/packaged-models.js";
import { type FakeTree, fakeHost } from "../../device/fake-host.js";
import { code, someModel } from "../../drift/model-builders.js";

const ROOT = "/greengrass/v2";
const UNPACKED = `${ROOT}/packages/artifacts-unarchived`;
const folderOf = (version: string) => `${UNPACKED}/Caps/${version}`;

/** The models of a device, whose code differs where the versions are in `codes`. */
function someStore(tree: FakeTree, codes: Readonly<Record<string, string>> = {}) {
  const asked: (readonly string[])[] = [];
  const models = packagedModels({
    tree: fakeHost(tree),
    greengrassRoot: ROOT,
    async readFolders(folders, { component, version }) {
      asked.push(folders);
      const sm = codes[version ?? ""] ?? "sm_75";
      return someModel({ component, version, folders, codes: [code(sm)] });
    },
  });
  return { models, asked };
}

const TWO = { [`${folderOf("1.0.0")}/m/compiled.so`]: "", [`${folderOf("2.0.0")}/m/compiled.so`]: "" };

describe("packagedModels", () => {
  it("reads the deployed version of two", async () => {
    const { models, asked } = someStore(TWO);

    expect(await models.read("Caps", "1.0.0")).toMatchObject({ kind: "found", model: { version: "1.0.0" } });
    expect(asked).toEqual([[folderOf("1.0.0")]]);
  });

  it("leaves out what two versions say differently, when it is not known which is deployed", async () => {
    const { models } = someStore(TWO, { "2.0.0": "sm_72" });

    expect(await models.read("Caps", null)).toMatchObject({
      kind: "found",
      model: {
        version: null,
        arch: { value: "X86_64" },
        codes: [],
        unread: [{ path: `${UNPACKED}/Caps`, why: expect.stringContaining("versions 1.0.0 and 2.0.0") }],
      },
    });
  });

  it("treats two versions that say the same as one", async () => {
    const { models } = someStore(TWO);

    expect(await models.read("Caps", null)).toMatchObject({
      model: { codes: [{ value: { sm: "sm_75" } }], unread: [] },
    });
  });

  it.each([
    ["Bolts", null, {}, `there are no files of Bolts in ${ROOT}/packages`],
    ["Caps", "3.0.0", TWO, `version 3.0.0 of Caps is deployed, and ${ROOT}/packages has only 1.0.0, 2.0.0`],
    [
      "Caps",
      "1.0.0",
      { [`${folderOf("1.0.0")}/x.py`]: "" },
      `the files of Caps 1.0.0 in ${ROOT}/packages are not a packaged model's`,
    ],
  ])("says why nothing can be read of %s %s", async (component, version, tree, why) => {
    expect(await someStore(tree).models.read(component, version)).toEqual({ kind: "none", why });
  });

  it("reads a folder that cannot be listed too, so that the reader says why", async () => {
    const denied = { unreadable: "permission denied" };
    const version = someStore({ [folderOf("1.0.0")]: denied });
    const component = someStore({ [`${UNPACKED}/Caps`]: denied });

    expect(await component.models.read("Caps", "1.0.0")).toMatchObject({ kind: "found" });
    expect(component.asked).toEqual([[`${UNPACKED}/Caps`]]);
    expect(version.models.find()).toMatchObject({ components: [] });
  });

  it("reads a model once for all jobs of a check", async () => {
    const { models, asked } = someStore(TWO);

    const both = await Promise.all([models.read("Caps", "1.0.0"), models.read("Caps", "1.0.0")]);

    expect(both[0]).toBe(both[1]);
    expect(asked).toHaveLength(1);
    expect(models.find()).toBe(models.find());
  });

  it("finds the components that are models, with what to do about what it could not read", () => {
    const tree = { ...TWO, [`${UNPACKED}/Bolts`]: { unreadable: "permission denied" } };

    expect(someStore(tree).models.find()).toEqual({
      components: ["Caps"],
      unread: [{ path: `${UNPACKED}/Bolts`, why: expect.stringContaining("Permission: {Read: ALL}") }],
    });
  });
});
