import { describe, expect, it } from "vitest";
import { loaderAnswers } from "../../src/device/loader-answers.js";
import { sharedObject } from "../base/elf-bytes.js";
import { type FakeTree, fakeHost } from "./fake-host.js";
import { ldCache } from "./ld-cache-bytes.js";

const LIB = "/usr/lib/x86_64-linux-gnu";
const X86 = { arch: { state: "known", value: "X86_64", from: "/", confidence: "FIRM" } } as const;
const NVINFER = { machine: 62, soname: "libnvinfer.so.7", needed: ["libcudnn.so.8", "libc.so.6"] };

function cacheOf(...files: readonly (readonly [soname: string, path: string])[]): FakeTree {
  return { "/etc/ld.so.cache": ldCache(files) };
}

function ask(tree: FakeTree, ...sonames: string[]) {
  return loaderAnswers(fakeHost(tree), X86, sonames);
}

describe("loaderAnswers", () => {
  it("returns the file behind the name in the loader's cache, whatever the name is", () => {
    const tree = {
      ...cacheOf(["libfoo.so.1", "/opt/foo/libfoo.so.1"]),
      "/opt/foo/libfoo.so.1": { link: "libfoo.so.1.2.3" },
      "/opt/foo/libfoo.so.1.2.3": sharedObject({ machine: 62 }),
    };

    expect(ask(tree, "libfoo.so.1", "libfoo.so.1")).toEqual([
      { soname: "libfoo.so.1", state: "FOUND", path: "/opt/foo/libfoo.so.1.2.3", why: null },
    ]);
  });

  it("knows that a library is missing when the cache was read", () => {
    expect(ask(cacheOf(), "libfoo.so.1")).toMatchObject([
      { state: "MISSING", why: "neither /etc/ld.so.cache nor the folders that the loader always searches have it" },
    ]);
  });

  it.each([
    ["is not there", {}, "neither the loader's cache nor its folders are there"],
    ["cannot be read", { "/etc/ld.so.cache": { unreadable: "EACCES" } }, "/etc/ld.so.cache: EACCES"],
    ["is none", { "/etc/ld.so.cache": "text" }, "/etc/ld.so.cache: is not a loader cache"],
  ])("knows nothing about a library when the cache %s", (_, tree: FakeTree, why) => {
    expect(ask(tree, "libfoo.so.1")).toMatchObject([{ state: "UNKNOWN", path: null, why }]);
  });

  it("finds what the folders have that the loader always searches", () => {
    expect(ask({ ...cacheOf(), [`${LIB}/libfoo.so.1`]: sharedObject({ machine: 62 }) }, "libfoo.so.1")).toMatchObject([
      { state: "FOUND", path: `${LIB}/libfoo.so.1` },
    ]);
  });

  it("names what a library that is found lacks, however far below", () => {
    const tree = {
      ...cacheOf(["libnvinfer.so.7", `${LIB}/libnvinfer.so.7`], ["libcudnn.so.8", `${LIB}/libcudnn.so.8`]),
      [`${LIB}/libnvinfer.so.7`]: sharedObject(NVINFER),
      [`${LIB}/libcudnn.so.8`]: sharedObject({ machine: 62, needed: ["libcublas.so.10", "libnvinfer.so.7"] }),
      [`${LIB}/libc.so.6`]: sharedObject({ machine: 62 }),
    };

    expect(ask(tree, "libnvinfer.so.7", "libc.so.6").map(({ soname, lacks }) => [soname, lacks])).toEqual([
      ["libnvinfer.so.7", ["libcublas.so.10"]],
      ["libc.so.6", undefined],
    ]);
  });

  it("follows the run path of the library that loads another", () => {
    const tree = {
      ...cacheOf(["libnvinfer.so.7", "/opt/trt/lib/libnvinfer.so.7"]),
      "/opt/trt/lib/libnvinfer.so.7": sharedObject({ ...NVINFER, runpath: "$ORIGIN/../deps" }),
      "/opt/trt/deps/libcudnn.so.8": sharedObject({ machine: 62 }),
      [`${LIB}/libc.so.6`]: sharedObject({ machine: 62 }),
    };

    expect(ask(tree, "libnvinfer.so.7")[0]?.lacks).toBe(undefined);
  });

  it("does not say what a library lacks when it is not an ELF file, or without a cache", () => {
    const tree = { ...cacheOf(["libfoo.so.1", `${LIB}/libfoo.so.1`]), [`${LIB}/libfoo.so.1`]: "text" };
    const copied = { [`${LIB}/libnvinfer.so.7`]: sharedObject(NVINFER) };

    expect(ask(tree, "libfoo.so.1")[0]?.lacks).toBe(undefined);
    expect(ask(copied, "libnvinfer.so.7")[0]).toMatchObject({ state: "FOUND" });
    expect(ask(copied, "libnvinfer.so.7")[0]?.lacks).toBe(undefined);
  });

  it("reads the newest version that the C++ library defines", () => {
    const versionDefinitions = ["libstdc++.so.6", "GLIBCXX_3.4", "GLIBCXX_3.4.9", "GLIBCXX_3.4.28", "CXXABI_1.3"];
    const tree = { ...cacheOf(), [`${LIB}/libstdc++.so.6`]: sharedObject({ machine: 62, versionDefinitions }) };

    expect(ask(tree, "libstdc++.so.6")[0]?.glibcxx).toBe("3.4.28");
  });

  it("reads nothing when no library is loaded", () => {
    expect(loaderAnswers(fakeHost({}), X86, [])).toEqual([]);
  });
});
