import { describe, expect, it } from "vitest";
import { walkModel } from "../../src/model/walk.js";
import { type FakeTree, fakeHost } from "../device/fake-host.js";
import { someBudget } from "./slices.js";

function walk(tree: FakeTree, paths = ["/m"], budget = someBudget()) {
  return walkModel(fakeHost(tree), paths, budget);
}

describe("walkModel", () => {
  it("lists files in order, at most four folders deep", () => {
    const tree = { "/m/b": "", "/m/a/1/2/3/x": "", "/m/a/1/2/3/4/y": "", "/m/a/1/2/3/4/5/z": "" };

    expect(walk(tree)).toEqual({
      files: ["/m/a/1/2/3/x", "/m/b"],
      unread: [{ path: "/m/a/1/2/3/4", why: "it is deeper than 4 folders" }],
    });
  });

  it("lists a file that is named itself, and says which path does not exist", () => {
    expect(walk({ "/m/compiled.so": "" }, ["/m/compiled.so", "/n"])).toEqual({
      files: ["/m/compiled.so"],
      unread: [{ path: "/n", why: "it is not there" }],
    });
  });

  it("reads each file once, whatever links lead to it, and ends where links go in a circle", () => {
    const tree = { "/m/libdlr.so.1": "", "/m/libdlr.so": { link: "libdlr.so.1" }, "/m/loop": { link: "." } };

    expect(walk(tree)).toEqual({ files: ["/m/libdlr.so"], unread: [] });
  });

  it("follows a link to the folder itself, but no link that leads out of it", () => {
    const tree = {
      "/current": { link: "/m" },
      "/m/passwd": { link: "/etc/passwd" },
      "/m/gone": { link: "nowhere" },
      "/etc/passwd": "root",
      "/m/x": "",
    };

    expect(walk(tree, ["/current"])).toEqual({
      files: ["/current/x"],
      unread: [
        { path: "/current/gone", why: "it is a link that leads nowhere" },
        { path: "/current/passwd", why: "it is a link to /etc/passwd, outside the model" },
      ],
    });
  });

  it("opens nothing but files, and says what else is there", () => {
    expect(walk({ "/m/pipe": { kind: "pipe" }, "/m/disk": { kind: "block device" } }).unread).toEqual([
      { path: "/m/disk", why: "it is a block device, not a file" },
      { path: "/m/pipe", why: "it is a pipe, not a file" },
    ]);
  });

  it("ends at its limit of entries, and names where", () => {
    const tree = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`/m/${at + 10}`, ""]));

    const { files, unread } = walk(tree, ["/m"], someBudget({ folderEntries: 11 }));

    expect(files).toHaveLength(10);
    expect(unread).toEqual([{ path: "/m/20", why: "more than 11 files and folders: this and the rest were not read" }]);
  });
});
