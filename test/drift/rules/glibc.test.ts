import { describe, expect, it } from "vitest";
import type { DeviceFacts, Installed } from "../../../src/device/facts.js";
import type { Finding } from "../../../src/drift/finding.js";
import { answers, cpuJob, findingsOf, is, NONE, someFacts, someLibcuda, UNREADABLE } from "../builders.js";
import { someModel } from "../model-builders.js";

const on = (changes: Partial<DeviceFacts>) => findingsOf("device.glibc", { facts: someFacts(changes) })[0] as Finding;
const file = (version: string, glibc?: string, loadable: boolean | null = true): Installed => ({
  ...{ version, from: `/usr/lib/lib.so.${version}`, loadable },
  ...(glibc === undefined ? {} : { glibc }),
});
const library = (version: string, ...installed: Installed[]) => is({ version, installed });

describe("device.glibc", () => {
  it.each([
    ["DRIFT BLOCKING", NONE],
    ["DRIFT WARNING", is("2.26")],
    ["MATCH INFO", is("2.27")],
    ["UNKNOWN INFO", UNREADABLE],
  ])("answers %s to a job for the CPU, whose model is compiled on AWS's system", (answer, glibc) => {
    const tensorrt = library("7.1.3", file("7.1.3", "2.35"));
    expect(answers("device.glibc", { job: cpuJob(), facts: someFacts({ glibc, tensorrt }) })).toEqual([answer]);
  });

  it("does not apply to a job for the CPU whose model's files were read", () => {
    expect(answers("device.glibc", { job: cpuJob(), model: someModel(), facts: someFacts({ glibc: NONE }) })).toEqual([
      "NOT_APPLICABLE INFO",
    ]);
  });

  it.each([
    ["MATCH INFO", "2.27"],
    ["MATCH INFO", "2.35"],
    ["DRIFT WARNING", "2.26"],
    ["DRIFT WARNING", "2.3"],
  ])("answers %s for %s where no file says what it needs", (answer, glibc) => {
    const { outcome, severity, expected, actual, evidence } = on({ glibc: is(glibc) });
    expect([`${outcome} ${severity}`, expected, actual]).toEqual([answer, "glibc 2.27 or later", `glibc ${glibc}`]);
    expect(evidence.map(({ value }) => value)).toEqual([glibc, expect.any(String)]);
  });

  it.each([
    ["MATCH", "2.17", "/usr/lib/lib.so.7.1.3 needs glibc 2.17, and this system has 2.17"],
    ["MATCH", "2.23", "/usr/lib/lib.so.7.1.3 needs glibc 2.17, and this system has 2.23"],
    ["DRIFT", "2.14", "/usr/lib/lib.so.7.1.3 needs glibc 2.17, and this system has 2.14, so it does not load"],
  ])("answers %s for %s where a file needs 2.17", (outcome, glibc, because) => {
    const finding = on({ glibc: is(glibc), tensorrt: library("7.1.3", file("7.1.3", "2.17")) });
    expect(finding).toMatchObject({
      outcome,
      severity: outcome === "MATCH" ? "INFO" : "BLOCKING",
      expected: "glibc 2.17 or later",
      because,
    });
    expect(finding.evidence[0]).toEqual({ from: "/usr/lib/lib.so.7.1.3", value: "GLIBC_2.17" });
  });

  it("goes by the greatest need of all libraries in use, libcuda's included", () => {
    const expected = (changes: Partial<DeviceFacts>) => on({ glibc: is("2.35"), ...changes }).expected;
    const tensorrt = library("7.1.3", file("7.1.3", "2.9"));
    const cudnn = library("8.0.0", file("8.0.0", "2.17"));
    expect(expected({ tensorrt, cudnn })).toBe("glibc 2.17 or later");
    expect(expected({ tensorrt, cudnn, cuda: library("10.2", file("10.2", "2.2")) })).toBe("glibc 2.17 or later");
    expect(expected({ tensorrt, libcuda: is(someLibcuda({ glibc: "2.28" })) })).toBe("glibc 2.28 or later");
    expect(expected({ tensorrt, libcuda: is(someLibcuda({ glibc: "2.28", loadable: false })) })).toBe(
      "glibc 2.9 or later",
    );
  });

  it("ignores files of another version, files that do not load, and files that say nothing", () => {
    const expected = (...files: Installed[]) => on({ cuda: library("10.2", ...files) }).expected;
    expect(expected(file("10.2.89", "2.17"), file("11.4", "2.29"))).toBe("glibc 2.17 or later");
    expect(expected(file("10.2.89", "2.29", false), file("10.2.89", "2.17"))).toBe("glibc 2.17 or later");
    expect(expected(file("10.2.89"))).toBe("glibc 2.27 or later");
    expect(expected(file("10.2.89", "2.17", null))).toBe("glibc 2.17 or later");
  });

  it("blocks on a system with another C library, and is UNKNOWN where it could not be read", () => {
    expect(on({ glibc: { ...NONE, from: "/lib/ld-musl-x86_64.so.1" } })).toMatchObject({
      severity: "BLOCKING",
      actual: "no glibc",
      because:
        "NVIDIA's libraries are built for glibc, and this system has another C library (/lib/ld-musl-x86_64.so.1)",
    });
    expect(on({ glibc: UNREADABLE })).toMatchObject({
      outcome: "UNKNOWN",
      severity: "INFO",
      actual: null,
      because: "This system's C library is not known (not readable: permission denied)",
    });
    expect(on({ glibc: is("strange") }).outcome).toBe("UNKNOWN");
    expect(on({ tensorrt: library("7.1.3", file("7.1.3", "PRIVATE")) }).outcome).toBe("UNKNOWN");
  });
});
