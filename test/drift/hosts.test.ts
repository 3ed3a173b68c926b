import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { linuxHost } from "../../src/device/linux-host.js";
import { compare } from "../../src/drift/compare.js";
import { armJob, cpuJob, gpuOptions, NO_OPTIONS, someInput, someJob, someOptions, xavierJob } from "./builders.js";

const t4 = someJob();
const v100 = someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_70" }) });
const a10g = someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_80", trtVer: "8.2.0", cudaVer: "11.2" }) });
const trt7 = armJob();
const trt8 = armJob({ trtVer: "8.2.1" });
const avx2 = cpuJob();
const avx512 = cpuJob(someOptions({ mcpu: "skylake-avx512" }));
const armCpu = cpuJob(NO_OPTIONS, "ARM64");
const SYNC = "IN_SYNC RUNNABLE";
const BLOCKED = "DRIFTED WILL_NOT_RUN";
const UNTOLD = "UNKNOWN CANNOT_TELL";
const UNTESTED = "DRIFTED RUNNABLE_UNTESTED";

/** What a careful reader of each sample's `lookout` hints expects, with the rules that differ. */
const HINTS = [
  [
    "agx-orin-64gb-jp512",
    xavierJob(),
    BLOCKED,
    "target.device target.device compiler.gpu-code compiler.cuda-ver compiler.trt-ver",
  ],
  ["agx-orin-64gb-r3652", xavierJob(), BLOCKED, "target.device target.device compiler.gpu-code compiler.cuda-ver"],
  [
    "agx-thor-jp70",
    xavierJob(),
    BLOCKED,
    "target.device target.device compiler.gpu-code compiler.cuda-ver compiler.trt-ver",
  ],
  ["agx-xavier-container-r3244", xavierJob(), UNTOLD, ""],
  ["agx-xavier-jp43", xavierJob(), BLOCKED, "target.device compiler.cuda-ver compiler.trt-ver"],
  ["agx-xavier-jp44", xavierJob(), SYNC, ""],
  ["agx-xavier-jp44", trt7, SYNC, ""],
  ["agx-xavier-jp44", trt8, BLOCKED, "compiler.trt-ver"],
  ["agx-xavier-jp45", xavierJob(), SYNC, ""],
  ["agx-xavier-jp46", xavierJob(), UNTESTED, "target.device compiler.trt-ver"],
  ["agx-xavier-jp46", trt7, BLOCKED, "compiler.trt-ver compiler.trt-ver"],
  ["agx-xavier-jp46", trt8, UNTESTED, "compiler.trt-ver compiler.trt-ver"],
  ["agx-xavier-jp461", xavierJob(), SYNC, ""],
  ["agx-xavier-jp461", trt8, SYNC, ""],
  ["agx-xavier-jp461", trt7, BLOCKED, "compiler.trt-ver"],
  ["agx-xavier-jp511", xavierJob(), BLOCKED, "target.device compiler.cuda-ver compiler.trt-ver"],
  ["aws-g4dn-t4-cuda102", t4, SYNC, ""],
  ["aws-g5-a10g-cuda112", a10g, SYNC, ""],
  ["aws-g5-a10g-cuda112", t4, BLOCKED, "compiler.gpu-code compiler.cuda-ver compiler.trt-ver"],
  ["aws-graviton2-m6g", armCpu, SYNC, ""],
  ["aws-graviton2-m6g", xavierJob(), BLOCKED, "target.accelerator target.device compiler.gpu-code"],
  ["aws-p3-v100-cuda100", v100, BLOCKED, "compiler.cuda-ver compiler.driver"],
  ["aws-t3-nogpu", avx2, SYNC, ""],
  ["aws-t3-nogpu", avx512, SYNC, ""],
  ["aws-t3-nogpu", t4, BLOCKED, "target.accelerator compiler.gpu-code"],
  ["dgx-spark-gb10", xavierJob(), BLOCKED, "target.device compiler.gpu-code"],
  ["nano-2gb-jp46x", xavierJob(), BLOCKED, "target.device compiler.gpu-code"],
  ["nano-jp46", xavierJob(), BLOCKED, "target.device target.device compiler.gpu-code compiler.trt-ver"],
  [
    "orin-nano-super-jp62",
    xavierJob(),
    BLOCKED,
    "target.device target.device compiler.gpu-code compiler.cuda-ver compiler.trt-ver",
  ],
  [
    "orin-nx-16gb-jp62",
    xavierJob(),
    BLOCKED,
    "target.device target.device compiler.gpu-code compiler.cuda-ver compiler.trt-ver",
  ],
  ["rpi5-bookworm", xavierJob(), BLOCKED, "target.accelerator target.device compiler.gpu-code"],
  ["tx1-jp32", xavierJob(), BLOCKED, "target.device target.device compiler.gpu-code compiler.cuda-ver"],
  ["tx2-jp321", xavierJob(), BLOCKED, "target.device target.device compiler.gpu-code compiler.cuda-ver"],
  ["vm-virtualbox", avx2, BLOCKED, "compiler.mcpu"],
  ["x86-epyc-server", avx2, SYNC, ""],
  ["x86-epyc-server", avx512, BLOCKED, "compiler.mcpu"],
  ["x86-laptop-no-avx", avx2, BLOCKED, "compiler.mcpu"],
  ["x86-laptop-no-avx", t4, BLOCKED, "target.accelerator compiler.gpu-code"],
  ["x86-t4-openeuler", t4, UNTOLD, ""],
  ["xavier-nx-jp451", xavierJob(), UNTESTED, "target.device"],
] as const;

describe("compare on real machines' files", () => {
  it.each(HINTS.map(([host, job, ...rest]) => [host, nameOf(job), job, ...rest] as const))(
    "finds %s with %s as its hints say",
    (host, _, job, axes, rules) => {
      const facts = detectFacts(linuxHost(new URL(`../hosts/${host}`, import.meta.url).pathname));
      const { drift, runnable, findings } = compare(someInput({ job, facts, deployed: null }));
      // The samples hold neither memory nor disk, which are the machine's own affair here.
      const drifted = findings
        .filter(({ outcome, rule }) => outcome === "DRIFT" && rule !== "device.memory")
        .map(({ rule }) => rule);
      expect([`${drift} ${runnable}`, drifted.join(" ")]).toEqual([axes, rules]);
    },
  );
});

function nameOf({ targetDevice, compilerOptions: { gpuCode, trtVer, mcpu } }: typeof t4): string {
  return targetDevice ?? (gpuCode === null ? (mcpu ?? "a CPU job") : `${gpuCode} and TensorRT ${trtVer}`);
}
