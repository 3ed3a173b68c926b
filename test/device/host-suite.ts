import { describe, expect, it } from "vitest";
import { type Host, MOST_BYTES } from "../../src/device/host.js";
import type { FakeTree } from "./fake-host.js";

/** What every Host promises; run on the fake and on the real adapter. */
export function describeHost(name: string, hostOf: (tree: FakeTree) => Host): void {
  describe(`${name} as a host`, () => {
    it("returns a file's bytes as text, each byte one character", () => {
      const host = hostOf({ "/a/b.txt": "model\0\xff\n" });

      expect(host.text("/a/b.txt")).toEqual({ state: "found", value: "model\0\xff\n" });
      expect(host.bytes("/a/b.txt")).toEqual({ state: "found", value: expect.objectContaining({ length: 8 }) });
    });

    it("distinguishes absent from unreadable", () => {
      const host = hostOf({ "/a/b.txt": "x", "/loop": { link: "loop" }, "/dangling": { link: "nowhere" } });

      expect(host.text("/a/c.txt")).toEqual({ state: "absent" });
      expect(host.text("/a/b.txt/c")).toEqual({ state: "absent" });
      expect(host.text("/dangling")).toEqual({ state: "absent" });
      expect(host.text("/loop")).toEqual({ state: "unreadable", why: "too many levels of links" });
      expect(host.text("/a")).toEqual({ state: "unreadable", why: "is a folder, not a file" });
    });

    it("does not load a file beyond its limit, but returns its head and its pieces", () => {
      const host = hostOf({ "/big": "0123456789".repeat(100) });
      const pieces: string[] = [];

      expect(host.text("/big", 999)).toEqual({
        state: "unreadable",
        why: "has 1000 bytes or more, at most 999 are read",
      });
      expect(host.text("/big", 1000)).toEqual({ state: "found", value: "0123456789".repeat(100) });
      expect(host.head("/big", 12)).toEqual({ state: "found", value: "012345678901" });
      expect(host.scan("/big", 1000, (piece) => pieces.push(piece))).toEqual({ state: "found", value: 1000 });
      expect(pieces.join("")).toBe("0123456789".repeat(100));
      expect(host.scan("/big", 999, () => {}).state).toBe("unreadable");
    });

    it("loads no file of more than 8 MiB, whatever limit is asked", () => {
      const host = hostOf({ "/huge": new Uint8Array(MOST_BYTES + 1) });

      expect(host.bytes("/huge", Number.MAX_SAFE_INTEGER).state).toBe("unreadable");
    });

    it("returns the whole of a head that is longer than the file", () => {
      expect(hostOf({ "/short": "abc" }).head("/short", 64)).toEqual({ state: "found", value: "abc" });
    });

    it("returns slices of a file, fewer bytes at its end and none behind it, and its size", () => {
      const host = hostOf({ "/a/b": "0123456789", "/empty": "" });
      const slice = (path: string, offset: number, size: number) => {
        const bytes = host.slice(path, offset, size);
        return bytes.state === "found" ? Buffer.from(bytes.value).toString("latin1") : bytes;
      };

      expect(slice("/a/b", 3, 4)).toBe("3456");
      expect(slice("/a/b", 8, 10)).toBe("89");
      expect(slice("/a/b", 20, 10)).toBe("");
      expect(slice("/a", 0, 1)).toEqual({ state: "unreadable", why: "is a folder, not a file" });
      expect(slice("/none", 0, 1)).toEqual({ state: "absent" });
      expect(host.size("/a/b")).toEqual({ state: "found", value: 10 });
      expect(host.size("/empty")).toEqual({ state: "found", value: 0 });
      expect(host.size("/a").state).toBe("unreadable");
      expect(host.size("/none")).toEqual({ state: "absent" });
    });

    it("opens a file once for many slices, and nothing that is not a file", () => {
      const host = hostOf({ "/a/b": "0123456789", "/link": { link: "/a/b" } });
      const read = (path: string) =>
        host.open(path, (slice) =>
          [slice(3, 4), slice(8, 10), slice(20, 10)].map((bytes) =>
            bytes.state === "found" ? Buffer.from(bytes.value).toString("latin1") : bytes,
          ),
        );

      expect(read("/a/b")).toEqual({ state: "found", value: ["3456", "89", ""] });
      expect(read("/link")).toEqual({ state: "found", value: ["3456", "89", ""] });
      expect(read("/a")).toEqual({ state: "unreadable", why: "is a folder, not a file" });
      expect(read("/none")).toEqual({ state: "absent" });
    });

    it("lists a folder and nothing else", () => {
      const host = hostOf({ "/a/one": "1", "/a/two/three": "3" });
      const names = host.list("/a");

      expect(names.state === "found" && [...names.value].sort()).toEqual(["one", "two"]);
      expect(host.list("/a/one")).toEqual({ state: "absent" });
      expect(host.list("/b")).toEqual({ state: "absent" });
    });

    it("follows absolute links from the root, as in /usr/local/cuda", () => {
      const host = hostOf({
        "/usr/local/cuda": { link: "/etc/alternatives/cuda" },
        "/etc/alternatives/cuda": { link: "/usr/local/cuda-10.2" },
        "/usr/local/cuda-10.2/version.txt": "CUDA Version 10.2.89\n",
      });

      expect(host.resolve("/usr/local/cuda")).toEqual({ state: "found", value: "/usr/local/cuda-10.2" });
      expect(host.text("/usr/local/cuda/version.txt")).toEqual({ state: "found", value: "CUDA Version 10.2.89\n" });
      expect(host.link("/usr/local/cuda")).toEqual({ state: "found", value: "/etc/alternatives/cuda" });
      expect(host.link("/usr/local/cuda/version.txt")).toEqual({ state: "absent" });
    });

    it("stays inside the root with `..` in paths and links", () => {
      const host = hostOf({
        "/inside": "inside",
        "/a/up": { link: "../../../../../../../../inside" },
        "/a/passwd": { link: "../../../../../../../../etc/passwd" },
      });

      expect(host.text("/a/up")).toEqual({ state: "found", value: "inside" });
      expect(host.text("/../../../inside")).toEqual({ state: "found", value: "inside" });
      expect(host.text("/a/passwd")).toEqual({ state: "absent" });
      expect(host.resolve("/a/../..")).toEqual({ state: "found", value: "/" });
    });

    it("says what a path is", () => {
      const host = hostOf({ "/a/file": "", "/a/link": { link: "file" } });

      expect(host.kind("/a")).toEqual({ state: "found", value: "folder" });
      expect(host.kind("/a/link")).toEqual({ state: "found", value: "file" });
      expect(host.kind("/b")).toEqual({ state: "absent" });
    });

    it("says what this user may open", () => {
      const host = hostOf({ "/file": "" });

      expect(host.denied("/file", "read-write")).toEqual({ state: "found", value: null });
      expect(host.denied("/none", "read")).toEqual({ state: "absent" });
    });

    it("does not throw on a path that no file system takes", () => {
      const host = hostOf({ "/file": "" });

      for (const path of ["/fi\0le", `/${"x".repeat(5000)}`]) {
        expect(host.text(path).state).not.toBe("found");
        expect(host.list(path).state).not.toBe("found");
      }
    });
  });
}
