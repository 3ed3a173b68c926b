import { describe, expect, it } from "vitest";
import type { Lookup } from "../../../src/base/file-lookup.js";
import { detectFacts } from "../../../src/device/detect.js";
import type { Host } from "../../../src/device/host.js";
import { loaderAnswers } from "../../../src/device/loader-answers.js";
import { sharedObject } from "../../base/elf-bytes.js";
import { startCpuTime } from "../../cpu-time.js";
import { type FakeTree, fakeHost, someUname } from "../fake-host.js";
import { ldCache } from "../ld-cache-bytes.js";

const LIB = "/usr/lib/x86_64-linux-gnu";
const TRT7 = "/usr/local/TensorRT-7.1.3/lib";

interface Asked {
  readonly host: Host;
  readonly asked: (readonly [component: string, name: string])[];
}

/** A machine on which the Edge Agent runs with this LD_LIBRARY_PATH. */
function withAgent(tree: FakeTree, environment: Lookup<string>): Asked {
  const asked: Asked["asked"] = [];
  const host = {
    ...fakeHost(tree, someUname()),
    environment: (component: string, name: string) => {
      asked.push([component, name]);
      return environment;
    },
  };
  return { host, asked };
}

const factsWith = (tree: FakeTree, environment: Lookup<string>) => detectFacts(withAgent(tree, environment).host);
const set = (value: string): Lookup<string> => ({ state: "found", value });
const ABSENT: Lookup<string> = { state: "absent" };
const HIDDEN: Lookup<string> = { state: "unreadable", why: "permission denied" };

const file = (folder: string, name: string, version: string): FakeTree => ({
  [`${folder}/${name}`]: { link: `lib${name.slice(3, name.indexOf(".so"))}.so.${version}` },
  [`${folder}/lib${name.slice(3, name.indexOf(".so"))}.so.${version}`]: "",
});
const HIDDEN_TRT7 = { "/etc/ld.so.cache": ldCache([]), ...file(TRT7, "libnvinfer.so.7", "7.1.3") };

describe("LD_LIBRARY_PATH of the process that loads models", () => {
  it("makes a library loadable that the loader finds for no other program", () => {
    expect(factsWith(HIDDEN_TRT7, set(`/opt/x:${TRT7}/:`)).tensorrt).toMatchObject({
      value: { version: "7.1.3", installed: [{ from: `${TRT7}/libnvinfer.so.7.1.3`, loadable: true }] },
    });
    expect(factsWith(HIDDEN_TRT7, set("")).tensorrt).toMatchObject({ value: { installed: [{ loadable: false }] } });
    expect(factsWith(HIDDEN_TRT7, ABSENT).tensorrt).toMatchObject({ value: { installed: [{ loadable: false }] } });
  });

  it("leads to folders that are not searched otherwise", () => {
    const tree = { "/etc/ld.so.cache": ldCache([]), ...file("/data/libs", "libcudart.so.10.2", "10.2.89") };

    expect(factsWith(tree, set("/data/libs")).cuda).toMatchObject({
      value: { version: "10.2.89", installed: [{ loadable: true }] },
    });
    expect(factsWith(tree, ABSENT).cuda.state).toBe("absent");
  });

  it("comes before the loader's cache", () => {
    const tree = {
      "/etc/ld.so.cache": ldCache([["libnvinfer.so.8", `${LIB}/libnvinfer.so.8`]]),
      ...file(LIB, "libnvinfer.so.8", "8.2.1"),
      ...file("/opt/tensorrt/lib", "libnvinfer.so.8", "8.0.1"),
    };

    expect(factsWith(tree, set("/opt/tensorrt/lib")).tensorrt).toMatchObject({
      value: {
        version: "8.0.1",
        installed: [
          { version: "8.2.1", loadable: false },
          { version: "8.0.1", loadable: true },
        ],
      },
    });
    expect(factsWith(tree, ABSENT).tensorrt).toMatchObject({ value: { version: "8.2.1" } });
  });

  it("leaves it unknown where it is hidden, and says why", () => {
    expect(factsWith(HIDDEN_TRT7, HIDDEN).tensorrt).toMatchObject({
      value: {
        installed: [
          {
            loadable: null,
            why: "whether LD_LIBRARY_PATH of the Edge Agent leads to it is not known: permission denied",
          },
        ],
      },
    });
  });

  it("does not make a library of an empty file", () => {
    const tree = { ...HIDDEN_TRT7, [`${LIB}/libc.so.6`]: "\x7fELF" };

    expect(factsWith(tree, set(TRT7)).tensorrt.state).toBe("absent");
    expect(factsWith(tree, HIDDEN).tensorrt).toMatchObject({ seen: [{ value: expect.stringContaining("0 bytes") }] });
  });

  it("counts only absolute folders, separated by colons or semicolons", () => {
    for (const value of [`:./lib;${TRT7}`, `lib:${TRT7}//`]) {
      expect(factsWith(HIDDEN_TRT7, set(value)).tensorrt).toMatchObject({ value: { installed: [{ loadable: true }] } });
    }
    expect(factsWith(HIDDEN_TRT7, set("usr/local/TensorRT-7.1.3/lib:/")).tensorrt).toMatchObject({
      value: { installed: [{ loadable: false }] },
    });
  });

  it("costs little however long it is, and leads to no folder whose path is too long to open", () => {
    const long = `/${"x".repeat(4_095)}`;
    const slashes = `${"/".repeat(130_000)}x`;
    const cpuMs = startCpuTime();

    expect(factsWith(HIDDEN_TRT7, set(`${slashes}:${TRT7}`)).tensorrt).toMatchObject({
      value: { installed: [{ loadable: true }] },
    });
    expect(cpuMs()).toBeLessThan(1_000);
    const tree = { "/etc/ld.so.cache": ldCache([]), ...file(long, "libcudart.so.10.2", "10.2.89") };
    expect(factsWith(tree, set(long)).cuda.state).toBe("absent");
  });

  it("is read from the Edge Agent, and only when the loader leaves something out", () => {
    const complete = {
      "/etc/ld.so.cache": ldCache([
        ["libcuda.so.1", `${LIB}/libcuda.so.1`],
        ["libcudart.so.10.2", `${LIB}/libcudart.so.10.2`],
        ["libcudnn.so.8", `${LIB}/libcudnn.so.8`],
        ["libnvinfer.so.7", `${LIB}/libnvinfer.so.7`],
      ]),
      ...file(LIB, "libcuda.so.1", "440.95.01"),
      ...file(LIB, "libcudart.so.10.2", "10.2.89"),
      ...file(LIB, "libcudnn.so.8", "8.0.0"),
      ...file(LIB, "libnvinfer.so.7", "7.1.3"),
    };
    const whole = withAgent(complete, ABSENT);
    detectFacts(whole.host);
    const partial = withAgent(HIDDEN_TRT7, ABSENT);
    detectFacts(partial.host);

    expect(whole.asked).toEqual([]);
    expect(partial.asked).toEqual([["aws.iot.lookoutvision.EdgeAgent", "LD_LIBRARY_PATH"]]);
  });

  describe("for libcuda", () => {
    const DRIVER = {
      "/etc/ld.so.cache": ldCache([["libcuda.so.1", `${LIB}/libcuda.so.1`]]),
      ...file(LIB, "libcuda.so.1", "470.256.02"),
    };
    const COMPAT = file("/usr/local/cuda-12.2/compat", "libcuda.so.1", "535.183.01");

    it("puts NVIDIA's compatibility package in use", () => {
      const facts = (environment: Lookup<string>) => factsWith({ ...DRIVER, ...COMPAT }, environment).libcuda;

      expect(facts(set("/usr/local/cuda-12.2/compat"))).toMatchObject({
        value: { version: "535.183.01", compat: true, loadable: true },
      });
      expect(facts(ABSENT)).toMatchObject({ value: { version: "470.256.02", compat: false } });
      expect(facts(HIDDEN)).toMatchObject({ value: { version: "470.256.02", compat: false } });
    });

    it("leads to the driver in a container of Google's system", () => {
      const tree = {
        "/etc/ld.so.cache": ldCache([]),
        ...file("/usr/local/nvidia/lib64", "libcuda.so.1", "535.183.01"),
      };

      expect(factsWith(tree, set("/usr/local/nvidia/lib64")).libcuda).toMatchObject({ value: { loadable: true } });
      expect(factsWith(tree, ABSENT).libcuda).toMatchObject({ value: { loadable: null } });
    });
  });

  describe("for what the model's files load", () => {
    const X86 = { arch: { state: "known", value: "X86_64", from: "/", confidence: "FIRM" } } as const;
    const tree = {
      "/etc/ld.so.cache": ldCache([]),
      "/opt/libs/libfoo.so.1": sharedObject({ machine: 62, needed: ["libbar.so.2"] }),
      "/opt/libs/libbar.so.2": sharedObject({ machine: 62 }),
    };
    const ask = (environment: Lookup<string>) => loaderAnswers(withAgent(tree, environment).host, X86, ["libfoo.so.1"]);

    it("finds the file and what it loads itself", () => {
      expect(ask(set("/opt/libs"))).toEqual([
        { soname: "libfoo.so.1", state: "FOUND", path: "/opt/libs/libfoo.so.1", why: null },
      ]);
      expect(ask(ABSENT)).toMatchObject([{ state: "MISSING" }]);
    });

    it("does not call a file missing where it is hidden", () => {
      expect(ask(HIDDEN)).toMatchObject([
        {
          state: "UNKNOWN",
          why: "whether LD_LIBRARY_PATH of the Edge Agent leads to it is not known: permission denied",
        },
      ]);
    });

    it("does not call a library's own library missing where it is hidden", () => {
      const found = { ...tree, "/etc/ld.so.cache": ldCache([["libfoo.so.1", "/opt/libs/libfoo.so.1"]]) };
      const lacks = (environment: Lookup<string>) =>
        loaderAnswers(withAgent(found, environment).host, X86, ["libfoo.so.1"])[0]?.lacks;

      expect(lacks(ABSENT)).toEqual(["libbar.so.2"]);
      expect(lacks(HIDDEN)).toBeUndefined();
      expect(lacks(set("/opt/libs"))).toBeUndefined();
    });
  });
});
