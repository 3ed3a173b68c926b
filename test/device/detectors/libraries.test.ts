import { describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import { cudartSoname, parseCudaHeader, parseVersionJson } from "../../../src/device/detectors/cuda.js";
import { parseCudnnHeader } from "../../../src/device/detectors/cudnn.js";
import { parseNvInferVersion } from "../../../src/device/detectors/tensorrt.js";
import { startCpuTime } from "../../cpu-time.js";
import { type FakeTree, fakeHost, someUname } from "../fake-host.js";
import { ldCache } from "../ld-cache-bytes.js";

const LIB = "/usr/lib/x86_64-linux-gnu";

describe("CUDA", () => {
  it("is the target of /usr/local/cuda where several are installed, through absolute links", () => {
    const { cuda } = factsOf({
      "/usr/local/cuda": { link: "/etc/alternatives/cuda" },
      "/etc/alternatives/cuda": { link: "/usr/local/cuda-10.2" },
      "/usr/local/cuda-10.2/version.txt": "CUDA Version 10.2.89\n",
      "/usr/local/cuda-10.2/lib64/libcudart.so.10.2.89": "",
      "/usr/local/cuda-11.2/lib64/libcudart.so.11.2.152": "",
    });

    expect(cuda).toEqual({
      state: "known",
      value: {
        version: "10.2.89",
        installed: [
          { version: "11.2.152", from: "/usr/local/cuda-11.2/lib64/libcudart.so.11.2.152", loadable: null },
          { version: "10.2.89", from: "/usr/local/cuda-10.2/lib64/libcudart.so.10.2.89", loadable: null },
          { version: "10.2.89", from: "/usr/local/cuda-10.2/version.txt", loadable: null },
        ],
      },
      from: "/usr/local/cuda-10.2/lib64/libcudart.so.10.2.89",
      confidence: "FIRM",
    });
  });

  it("is what the loader's cache has where no default is set", () => {
    const { cuda } = factsOf({
      "/etc/ld.so.cache": ldCache([["libcudart.so.10.2", "/usr/local/cuda-10.2/lib64/libcudart.so.10.2"]]),
      "/usr/local/cuda-10.2/lib64/libcudart.so.10.2": { link: "libcudart.so.10.2.89" },
      "/usr/local/cuda-10.2/lib64/libcudart.so.10.2.89": "",
      "/usr/local/cuda-11.2/lib64/libcudart.so.11.2.152": "",
    });

    expect(cuda).toMatchObject({
      value: { version: "10.2.89", installed: [{ version: "11.2.152", loadable: false }, { loadable: true }] },
      confidence: "FIRM",
    });
  });

  it("uses neither the soname of 11.x nor another architecture's target as a version", () => {
    const { cuda } = factsOf({
      "/usr/local/cuda/targets/x86_64-linux/lib/libcudart.so.11.0": "",
      "/usr/local/cuda/targets/x86_64-linux/lib/libcudart.so.11.4.298": "",
      "/usr/local/cuda/targets/aarch64-linux/lib/libcudart.so.10.2.89": "",
    });

    expect(cuda).toMatchObject({ value: { version: "11.4.298", installed: [{ version: "11.4.298" }] } });
  });

  it("reads a bounded number of a folder's files", () => {
    const many = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, at) => [`/usr/local/cuda-11.2/lib64/libcudart.so.11.2.${at}`, ""]),
    );
    const before = process.cpuUsage();

    const { cuda } = factsOf(many);

    expect(cuda).toMatchObject({ state: "known" });
    expect(cuda.state === "known" && cuda.value.installed.length).toBeLessThan(210);
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  it("reads a bounded number of files in all folders together, and reports which it left out", () => {
    const folders = Array.from({ length: 60 }, (_, at) => `/opt/lib${at}`);
    const many = folders.flatMap((folder, at) =>
      Array.from({ length: 150 }, (_, minor) => [`${folder}/libcudart.so.${at}.${minor}.1`, ""]),
    );
    const tree = {
      "/etc/ld.so.conf": folders.join("\n"),
      "/etc/ld.so.cache": ldCache([]),
      ...Object.fromEntries(many),
    };
    const cpuMs = startCpuTime();

    const { cuda } = factsOf(tree);

    expect(cuda.state === "known" && cuda.value.installed).toHaveLength(500);
    expect(cpuMs()).toBeLessThan(4_000);
  });

  it("reads a bounded number of toolkits and packages", () => {
    const toolkits = Array.from({ length: 5_000 }, (_, at) => [`/usr/local/cuda-11.${at}/bin/nvcc`, ""]);
    const packages = dpkg(...Array.from({ length: 5_000 }, (_, at) => ["libcudart11", `11.${at}.1`] as const));
    const cpuMs = startCpuTime();

    const [folders, noted] = [factsOf(Object.fromEntries(toolkits)).cuda, factsOf(packages).cuda];

    expect(folders.state === "known" && folders.value.installed).toHaveLength(200);
    expect(noted.state === "known" && noted.value.installed).toHaveLength(500);
    expect(cpuMs()).toBeLessThan(4_000);
  });

  it("lists a Python package's folder once, however many files it has", () => {
    const packages = "/root/venv/lib/python3.8/site-packages";
    const files = Array.from({ length: 1_000 }, (_, at) => [
      `${packages}/nvidia/cuda_runtime/lib/libcudart.so.${at}`,
      "",
    ]);
    const others = Array.from({ length: 5_000 }, (_, at) => [`${packages}/a${at}-${"1.".repeat(1_000)}`, ""]);
    const wheel = { [`${packages}/nvidia_cuda_runtime_cu11-11.7.99.dist-info/METADATA`]: "" };
    const cpuMs = startCpuTime();

    const { cuda } = factsOf({ ...Object.fromEntries([...files, ...others]), ...wheel });

    expect(cuda.seen).toHaveLength(200);
    expect(cuda.seen?.[0]?.value).toMatch(/^11\.7\.99: /);
    expect(cpuMs()).toBeLessThan(4_000);
  });

  it("reads libcuda once, however many names lead to it", () => {
    const links = Array.from({ length: 5_000 }, (_, at) => [`${LIB}/libcuda.so.${at}`, { link: "libcuda.so.1" }]);
    const cpuMs = startCpuTime();

    const { libcuda } = factsOf({ ...Object.fromEntries(links), [`${LIB}/libcuda.so.1`]: "" });

    expect(libcuda).toMatchObject({ value: { path: `${LIB}/libcuda.so.1` } });
    expect(libcuda.seen).toBeUndefined();
    expect(cpuMs()).toBeLessThan(4_000);
  });

  it("is only inferred from a header or a folder's name, and an emptied folder does not count", () => {
    expect(factsOf({ "/usr/local/cuda-10.2/include/cuda.h": "#define CUDA_VERSION 10020\n" }).cuda).toMatchObject({
      value: { version: "10.2" },
      confidence: "INFERRED",
    });
    expect(factsOf({ "/usr/local/cuda-12.6/bin/nvcc": "" }).cuda).toMatchObject({
      value: { version: "12.6" },
      from: "/usr/local/cuda-12.6",
      confidence: "INFERRED",
    });
    expect(factsOf({ "/usr/local/cuda-12.6/README": "", ...OTHERS }).cuda.state).toBe("absent");
  });

  it("is cut to x.y and disputed where places differ in the patch", () => {
    const { cuda } = factsOf({
      "/usr/local/cuda/version.txt": "CUDA Version 10.2.89\n",
      ...dpkg(["cuda-cudart-10-2", "10.2.300-1"]),
    });

    expect(cuda).toMatchObject({ value: { version: "10.2" }, confidence: "DISPUTED" });
  });

  it("is the library in the default toolkit where a note next to it says otherwise, disputed", () => {
    const { cuda } = factsOf({
      "/usr/local/cuda/version.txt": "CUDA Version 11.4.1\n",
      "/usr/local/cuda/lib64/libcudart.so.10.2.89": "",
    });

    expect(cuda).toMatchObject({ value: { version: "10.2.89" }, confidence: "DISPUTED" });
  });

  it("uses the precise runtime file when version.json only agrees on x.y", () => {
    const json =
      '{"cuda":{"version":"12.6.11"},"cuda_cudart":{"version":"12.6.68"},"nvidia_driver":{"version":"560.1"}}';
    const { cuda } = factsOf({
      "/usr/local/cuda/version.json": json,
      "/usr/local/cuda/lib64/libcudart.so.12.6.68": "",
    });

    expect(parseVersionJson(json)).toBe("12.6");
    expect(cuda).toMatchObject({ value: { version: "12.6.68" }, confidence: "FIRM" });
  });

  it.each(["", "[]", "null", '{"cuda":"11.2"}', '{"cuda":{"version":11}}', '{"cuda":{"version":"x"}}', "{"])(
    "finds no version in version.json %j",
    (text) => expect(parseVersionJson(text)).toBeNull(),
  );

  it.each([
    ["9.0.252", "libcudart.so.9.0"],
    ["10.2.89", "libcudart.so.10.2"],
    ["11.4.298", "libcudart.so.11.0"],
    ["12.6.68", "libcudart.so.12"],
    ["13.0.48", "libcudart.so.13"],
  ])("%s has the soname %s", (version, soname) => expect(cudartSoname(version)).toBe(soname));

  it("reads x.y from cuda.h", () => {
    expect(parseCudaHeader("/* */\n#define CUDA_VERSION 11040\n")).toBe("11.4");
    expect(parseCudaHeader("#define CUDA_VERSION_X 1\n")).toBeNull();
  });
});

describe("TensorRT", () => {
  it("is the loader's choice of two files of one major, as shown by the soname's link", () => {
    const { tensorrt } = factsOf({
      [`${LIB}/libnvinfer.so.8`]: { link: "libnvinfer.so.8.0.1" },
      [`${LIB}/libnvinfer.so.8.0.1`]: "",
      [`${LIB}/libnvinfer.so.8.2.1`]: "",
    });

    expect(tensorrt).toMatchObject({
      value: {
        version: "8.0.1",
        installed: [
          { version: "8.2.1", loadable: false },
          { version: "8.0.1", loadable: true },
        ],
      },
      confidence: "FIRM",
    });
  });

  it("is not known to be loaded where a copy without links has two files for one soname", () => {
    const copied = { [`${LIB}/libnvinfer.so.8`]: "", [`${LIB}/libnvinfer.so.8.2.1`]: "" };

    expect(factsOf(copied).tensorrt).toMatchObject({ value: { installed: [{ loadable: true }] }, confidence: "FIRM" });
    expect(factsOf({ ...copied, [`${LIB}/libnvinfer.so.8.0.1`]: "" }).tensorrt).toMatchObject({
      value: { version: "8.2.1", installed: [{ loadable: null }, { loadable: null }] },
      confidence: "DISPUTED",
    });
  });

  it("is the newest loadable of several majors, all reported", () => {
    const { tensorrt } = factsOf({
      [`${LIB}/libnvinfer.so.7`]: { link: "libnvinfer.so.7.1.3" },
      [`${LIB}/libnvinfer.so.7.1.3`]: "",
      "/opt/tensorrt/lib/libnvinfer.so.10.3.0": "",
      [`${LIB}/libnvinfer.so.8`]: { link: "libnvinfer.so.8.2.1" },
      [`${LIB}/libnvinfer.so.8.2.1`]: "",
    });

    expect(tensorrt).toMatchObject({
      value: { version: "8.2.1", installed: [{ version: "10.3.0" }, { version: "8.2.1" }, { version: "7.1.3" }] },
    });
  });

  it("is cut to x.y.z, with the package's longer number among the installed", () => {
    expect(factsOf(dpkg(["libnvinfer10", "10.3.0.30-1+cuda12.5"])).tensorrt).toMatchObject({
      value: { version: "10.3.0", installed: [{ version: "10.3.0.30" }] },
      confidence: "FIRM",
    });
  });

  it("is disputed where dpkg names another version than the only file", () => {
    const { tensorrt } = factsOf({
      [`${LIB}/libnvinfer.so.8`]: { link: "libnvinfer.so.8.0.1" },
      [`${LIB}/libnvinfer.so.8.0.1`]: "",
      ...dpkg(["libnvinfer8", "8.2.1-1+cuda10.2"]),
    });

    expect(tensorrt).toMatchObject({ value: { version: "8.0.1" }, confidence: "DISPUTED" });
    expect(tensorrt.seen).toHaveLength(2);
  });

  it("is not known to be missing where dpkg's state or a folder cannot be read", () => {
    expect(factsOf({ "/var/lib/dpkg/status": { unreadable: "permission denied" } }).tensorrt).toEqual({
      state: "unreadable",
      from: "/var/lib/dpkg/status",
      why: "permission denied",
    });
    expect(factsOf({ [LIB]: { unreadable: "permission denied" } }).tensorrt.state).toBe("unreadable");
    expect(factsOf(OTHERS).tensorrt.state).toBe("absent");
    expect(factsOf({}).tensorrt).toMatchObject({ state: "unreadable", why: expect.stringContaining("folders") });
  });

  it("reads both spellings of NvInferVersion.h", () => {
    const direct = "#define NV_TENSORRT_MAJOR 8 //!< x\n#define NV_TENSORRT_MINOR 2\n#define NV_TENSORRT_PATCH 1\n";
    const named = ["MAJOR 10", "MINOR 13", "PATCH 3"]
      .map(
        (part) =>
          `#define TRT_${part.replace(" ", "_ENTERPRISE ")}\n#define NV_TENSORRT_${part.split(" ")[0]} TRT_${part.split(" ")[0]}_ENTERPRISE\n`,
      )
      .join("");

    expect(parseNvInferVersion(direct)).toBe("8.2.1");
    expect(parseNvInferVersion(named)).toBe("10.13.3");
    expect(parseNvInferVersion("#define NV_TENSORRT_MAJOR 8\n")).toBeNull();
    expect(parseNvInferVersion("#define NV_TENSORRT_MAJOR NV_TENSORRT_MAJOR\n")).toBeNull();
  });
});

describe("cuDNN", () => {
  it("uses the more precise of two places that agree", () => {
    const { cudnn } = factsOf({ [`${LIB}/libcudnn.so.8.0.0`]: "", ...dpkg(["libcudnn8", "8.0.0.180-1+cuda10.2"]) });

    expect(cudnn).toMatchObject({ value: { version: "8.0.0.180" }, confidence: "FIRM" });
  });

  it("reads the headers of 7 and of 8", () => {
    const text = "#define CUDNN_MAJOR 7\n#define CUDNN_MINOR 6\n#define CUDNN_PATCHLEVEL 5\n";

    expect(parseCudnnHeader(text)).toBe("7.6.5");
    expect(factsOf({ "/usr/include/cudnn.h": text }).cudnn).toMatchObject({ value: { version: "7.6.5" } });
    expect(factsOf({ "/usr/include/cudnn.h": '#include "cudnn_version.h"\n', ...OTHERS }).cudnn.state).toBe("absent");
  });
});

/** Libraries of the system, which show that the loader's folders were copied. */
const OTHERS: FakeTree = { "/usr/lib/x86_64-linux-gnu/libc.so.6": "", "/usr/lib/x86_64-linux-gnu/libm.so.6": "" };

function factsOf(tree: FakeTree) {
  return detectFacts(fakeHost(tree, someUname()));
}

function dpkg(...packages: readonly (readonly [string, string])[]): FakeTree {
  const stanzas = packages.map(
    ([name, version]) => `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
  );
  return { "/var/lib/dpkg/status": stanzas.join("\n") };
}
