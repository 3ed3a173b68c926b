import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { type Host, MOST_BYTES } from "../../src/device/host.js";
import { summarize } from "../../src/device/summary.js";
import { elf, type FakeTree, fakeHost, someUname } from "./fake-host.js";

describe("detectFacts", () => {
  it("does not use BOARD in nv_tegra_release as the SoC: an Orin that says t186ref is an Orin", () => {
    const { jetson, computeCapability } = summaryOf(
      { ...L4T("35", "4.1"), "/proc/device-tree/compatible": "nvidia,p3701-0005\0nvidia,tegra23x\0" },
      "aarch64",
    );

    expect(jetson).toMatchObject({
      soc: "tegra234",
      family: "orin",
      module: "p3701-0005",
      l4t: "35.4.1",
      jetpack: "5.1.2",
    });
    expect(computeCapability).toBe("8.7");
  });

  it("reads a device tree without NULs, through its other path, and an OEM's model", () => {
    const { jetson } = summaryOf(
      {
        ...L4T("32", "7.1"),
        "/sys/firmware/devicetree/base/compatible": "nvidia,p2822-0000+p2888-0008",
        "/sys/firmware/devicetree/base/model": "AAEON BOXER-8640AI\n",
        "/sys/module/tegra_fuse/parameters/tegra_chip_id": "25\n",
      },
      "aarch64",
    );

    expect(jetson).toEqual({
      model: "AAEON BOXER-8640AI",
      family: "xavier",
      product: "AGX Xavier Industrial",
      soc: "tegra194",
      module: "p2888-0008",
      l4t: "32.7.1",
      jetpack: "4.6.1",
    });
  });

  it("believes the EEPROM's board ids more than the family name in compatible", () => {
    const { jetson, confidence } = jetsonOf({
      ...L4T("32", "6.1"),
      "/proc/device-tree/compatible": "nvidia,galen\0nvidia,p2822-0000+p2888-0001\0nvidia,tegra194\0",
      "/proc/device-tree/chosen/plugin-manager/ids/2888-0004-400": "",
      "/proc/device-tree/chosen/plugin-manager/ids/2822-0000-300": "",
    });

    expect(jetson).toMatchObject({ module: "p2888-0004", product: "AGX Xavier" });
    expect(confidence).toBe("FIRM");
  });

  it.each([
    ["36", "5.2", "6.2.2+b24", { state: "known", value: "6.2.2", confidence: "FIRM" }],
    ["28", "2.1", "3.3-b39", { state: "known", value: "3.3", confidence: "FIRM" }],
    ["32", "7.1", "4.6.1-b110", { state: "known", value: "4.6.1", confidence: "FIRM" }],
    ["36", "4.2", "6.1+b123", { state: "known", value: "6.1 rev1", confidence: "FIRM" }],
    ["32", "6.1", "4.6.1-b110", { state: "known", value: "4.6", confidence: "DISPUTED" }],
    ["32", "6.1", null, { state: "known", value: "4.6", confidence: "INFERRED" }],
    ["36", "5.2", null, { state: "unreadable", why: "it can be 6.x" }],
    ["99", "1.0", null, { state: "unreadable", why: "no table has this release" }],
  ] as const)("reads JetPack of L4T %s.%s with nvidia-jetpack %s", (major, revision, version, jetpack) => {
    const status = `Package: nvidia-jetpack\nStatus: install ok installed\nVersion: ${version}\n`;
    const tree = { ...L4T(major, revision), ...(version === null ? {} : { "/var/lib/dpkg/status": status }) };

    expect(detectFacts(fakeHost(tree, someUname("aarch64"))).jetpack).toMatchObject(jetpack);
  });

  it("disputes places that name different SoCs", () => {
    const { jetson, confidence } = jetsonOf({
      ...L4T("32", "6.1"),
      "/proc/device-tree/compatible": "nvidia,tegra194\0",
      "/etc/nv_boot_control.conf": "TEGRA_CHIPID 0x23\n",
    });

    expect(jetson).toMatchObject({ soc: "tegra194" });
    expect(confidence).toBe("DISPUTED");
  });

  it.each([
    ["p2972-0000", "tegra194", "AGX Xavier", "xavier"],
    ["e3900-0000+p2888-0004", "tegra194", "Clara AGX", "xavier"],
    ["p3509-0000+p3636-0001", "tegra186", "TX2 NX", "tx2"],
    ["p3509-0000+p3767-0001", "tegra234", "Orin NX 8GB", "orin"],
    ["p3971-0050+p3834-0005", "tegra264", "AGX Thor", "thor"],
    ["p3450-0000", "tegra210", "Nano 4GB dev kit", "nano"],
  ])("names the product of compatible %s", (entry, soc, product, family) => {
    const { jetson } = jetsonOf({ "/proc/device-tree/compatible": `nvidia,${entry}\0nvidia,${soc}\0` });

    expect(jetson).toMatchObject({ soc, product, family });
  });

  it("names the product but no module where one tree serves several modules", () => {
    const { jetson } = jetsonOf({
      "/proc/device-tree/compatible": "nvidia,p3768-0000+p3767-0003\0nvidia,p3768-0000+p3767-0005\0nvidia,tegra234\0",
    });

    expect(jetson).toMatchObject({ product: "Orin Nano", module: null });
  });

  it("reports a GPU but no accelerator for a Xavier under mainline Linux, without L4T", () => {
    const { accelerator, gpus, jetson, readings } = summaryOf(
      { "/proc/device-tree/compatible": "nvidia,p2972-0000\0nvidia,tegra194\0", "/sys/module/nouveau/version": "" },
      "aarch64",
    );

    expect(jetson).toMatchObject({ soc: "tegra194", l4t: null, jetpack: null });
    expect(gpus).toEqual([{ integrated: true, computeCapability: "7.2" }]);
    expect(accelerator).toBeNull();
    expect(readings.accelerator.from).toContain("no NVIDIA user space");
  });

  it("infers a Xavier from its cores only with L4T", () => {
    const carmel = { "/proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x4e\nCPU part\t: 0x004\n" };

    expect(summaryOf(carmel, "aarch64").jetson).toBeNull();
    expect(summaryOf({ ...carmel, "/dev/nvhost-ctrl-gpu": "" }, "aarch64").jetson).toMatchObject({ soc: "tegra194" });
    expect(summaryOf({ ...carmel, ...L4T("32", "4.4") }, "aarch64").jetson).toMatchObject({ soc: "tegra194" });
  });

  it("does not call an x86 machine with L4T's files a Jetson", () => {
    const tree = { ...L4T("32", "7.1"), "/proc/cpuinfo": "processor\t: 0\n" };
    const facts = detectFacts(fakeHost(tree, someUname("x86_64")));

    expect(facts.jetson.state).toBe("absent");
    expect(facts.l4t.state).toBe("absent");
    expect(facts.accelerator.state).toBe("absent");
  });

  it("does not know the ARM64 userland of a Raspberry Pi with 64-bit kernel and armhf programs", () => {
    const { arch, unameMachine, readings } = summaryOf({ "/bin/sh": elf(32, 0x28) }, "aarch64");

    expect(unameMachine).toBe("aarch64");
    expect(arch).toBeNull();
    expect(readings.arch).toEqual({
      state: "absent",
      from: "/bin/sh: a 32-bit arm userland on a kernel that says aarch64",
    });
  });

  it.each(["constructor", "__proto__", "toString"])("treats %s as an ordinary name of a machine", (machine) => {
    const uname = { sysname: "Linux", release: null, machine, from: "/UNAME.json" };
    const { arch, unameMachine, readings } = summarize(detectFacts(fakeHost({}, uname)));

    expect({ arch, unameMachine }).toEqual({ arch: null, unameMachine: machine });
    expect(readings.arch).toEqual({ state: "absent", from: `/UNAME.json: ${machine}` });
  });

  it("shows no control characters of names and links that it comes by", () => {
    const facts = detectFacts(
      fakeHost(
        {
          "/usr/lib/x86_64-linux-gnu/libnvinfer.so.8.2.1": { link: "/opt/\x1b[2J/libnvinfer.so.8.2.1" },
          "/opt/\x1b[2J/libnvinfer.so.8.2.1": "",
          "/lib/ld-musl-\x9b2J.so.1": "",
        },
        { ...someUname(), release: "5.4\n\x1b[31m" },
      ),
    );

    expect(facts.tensorrt).toMatchObject({ state: "known", from: "/opt/?[2J/libnvinfer.so.8.2.1" });
    expect(facts.glibc).toMatchObject({ state: "absent", from: "/lib/ld-musl-?2J.so.1: musl" });
    expect(facts.kernelRelease).toMatchObject({ value: "5.4 [31m" });
  });

  it("reports system and arch of a bare root by its programs", () => {
    const { os, arch, unameMachine, kernelRelease, readings } = summaryOf({
      "/usr/bin/dash": elf(64, 0xb7),
      "/bin": { link: "usr/bin" },
      "/usr/bin/sh": { link: "dash" },
      "/proc/sys/kernel/osrelease": "5.10.104-tegra\n",
    });

    expect({ os, arch, unameMachine, kernelRelease }).toEqual({
      os: "LINUX",
      arch: "ARM64",
      unameMachine: "aarch64",
      kernelRelease: "5.10.104-tegra",
    });
    expect(readings.unameMachine).toMatchObject({ confidence: "INFERRED", from: "/bin/sh" });
  });

  it("reports no glibc for musl", () => {
    expect(detectFacts(fakeHost({ "/lib/ld-musl-x86_64.so.1": "" })).glibc).toEqual({
      state: "absent",
      from: "/lib/ld-musl-x86_64.so.1: musl",
    });
  });

  it("survives a machine on which every file is garbage, a folder or a device", () => {
    const garbage = Array.from({ length: 4096 }, (_, i) => String.fromCharCode((i * 89 + 17) % 256)).join("");
    const paths = Object.keys(detectFactsPlaces());

    for (const entry of [
      garbage,
      "",
      "\0",
      { kind: "character device" },
      { unreadable: "permission denied" },
    ] as const) {
      const facts = detectFacts(fakeHost(Object.fromEntries(paths.map((path) => [path, entry]))));
      for (const key of ["cuda", "tensorrt", "driver", "jetpack"] as const) expect(facts[key].state).not.toBe("known");
    }
    const folders = detectFacts(fakeHost(Object.fromEntries(paths.map((path) => [`${path}/child`, "x"]))));
    expect(folders.l4t).toEqual({ state: "unreadable", from: "/etc/nv_tegra_release", why: "is a folder, not a file" });
    expect(folders.distro).toEqual({ state: "unreadable", from: "/etc/os-release", why: "is a folder, not a file" });
  });

  it("does not load a large file in place of a small one", () => {
    const large = { "/etc/nv_tegra_release": new Uint8Array(MOST_BYTES) };

    expect(detectFacts(fakeHost(large, someUname("aarch64"))).l4t).toMatchObject({ state: "unreadable" });
  });

  it("comes to an end on texts made to make patterns search for ever", () => {
    const long = (piece: string) => piece.repeat(Math.floor(1_000_000 / piece.length));
    const facts = detectFacts(
      fakeHost({
        "/usr/bin/ldd": `${long("ldd ((")}`,
        "/etc/os-release": `ID=${long(" ")}x`,
        "/proc/driver/nvidia/version": long("Kernel Module "),
        "/sys/module/nvidia/version": `1.1${long(" ")}x`,
        "/proc/self/mountinfo": `1 1 1 / / ${long("- overlay ")}`,
        "/proc/1/cgroup": long("/docke"),
        "/proc/cpuinfo": long("processor\n").concat(long("flags\t: \n")),
        "/proc/meminfo": long("MemTotal:   "),
        "/usr/local/cuda/version.txt": long("CUDA Version 1.1 \n"),
        "/usr/include/NvInferVersion.h": long("# define "),
        "/etc/nv_boot_control.conf": long("TNSPEC 2888-"),
        "/var/lib/dpkg/status": `${long("Package: libc6\n")}\n\nPackage: libc6\nVersion: ${long(" ")}x\n`,
        "/proc/device-tree/compatible": long("nvidia,+p"),
      }),
    );

    expect(facts.glibc.state).not.toBe("known");
  });

  it("sees one snapshot: no file is read twice", () => {
    const asked: string[] = [];
    const host = fakeHost(L4T("32", "7.1"), someUname("aarch64"));
    const text: Host["text"] = (path, limitBytes) => {
      asked.push(path);
      return host.text(path, limitBytes);
    };
    detectFacts({ ...host, text });

    expect(asked.filter((path, i) => asked.indexOf(path) !== i)).toEqual([]);
  });
});

function summaryOf(tree: FakeTree, machine: "aarch64" | "x86_64" | null = null) {
  return summarize(detectFacts(fakeHost(tree, machine === null ? null : someUname(machine))));
}

function jetsonOf(tree: FakeTree) {
  const { jetson } = detectFacts(fakeHost(tree, someUname("aarch64")));
  if (jetson.state !== "known") throw new Error(`no Jetson: ${JSON.stringify(jetson)}`);
  return { jetson: jetson.value, confidence: jetson.confidence };
}

function L4T(major: string, revision: string): FakeTree {
  return {
    "/etc/nv_tegra_release": `# R${major} (release), REVISION: ${revision}, GCID: 1, BOARD: t186ref, EABI: aarch64, DATE: Sat\n`,
  };
}

/** Every file that a detector looks at on some machine. */
function detectFactsPlaces(): FakeTree {
  const asked: Record<string, string> = {};
  const host = fakeHost({ "/usr/local/cuda-10.2/x": "", "/proc/driver/nvidia/gpus/0000:01:00.0/x": "" });
  const watch =
    <T>(ask: (path: string) => T) =>
    (path: string): T => {
      asked[path] = "";
      return ask(path);
    };
  detectFacts({
    ...host,
    text: watch(host.text),
    bytes: watch(host.bytes),
    head: (path, size) => watch((name) => host.head(name, size))(path),
    scan: (path, limit, each) => watch((name) => host.scan(name, limit, each))(path),
  });
  const paths = Object.keys(asked);
  return Object.fromEntries(
    paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`))).map((path) => [path, ""]),
  );
}
