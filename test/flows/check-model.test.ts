import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, packdrift } from "./cli.js";

const TOP = join(import.meta.dirname, "../..");
const JOB = join(TOP, "src/lab/jobs/arm64-nvidia-sm72.json");
const COMPONENT = "com.example.factory.GearTeeth";
const STORE = "greengrass/v2/packages/artifacts-unarchived";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-check-model-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A recorded machine with a packaged model of our own kernel in its package store. */
function machineWith(name: string, ...versions: readonly string[]): string {
  const root = join(folder, `${name}-${versions.join("-")}`);
  cpSync(join(TOP, "test/hosts", name), root, { recursive: true });
  for (const version of versions) {
    const stage = join(root, STORE, COMPONENT, version, "greengrass_model_component/model");
    mkdirSync(stage, { recursive: true });
    for (const file of ["compiled.so", "libdlr.so"])
      cpSync(join(TOP, "test/model/material/arm64", file), join(stage, file));
  }
  return root;
}

async function check(...args: readonly string[]) {
  const { code, out, err } = await command(["check", ...args, "--json"]);
  expect(err).toBe("");
  const [report] = JSON.parse(out);
  return { code, report };
}

describe("packdrift check with a packaged model's files", () => {
  it("judges a model by its files alone", async () => {
    const { code, report } = await check("--component", COMPONENT, "--root", machineWith("agx-xavier-jp44", "1.0.0"));

    expect(code).toBe(1);
    expect(report).toMatchObject({
      drift: "DRIFTED",
      runnable: "WILL_NOT_RUN",
      job: { project: null, name: null, digest: null },
      component: { name: COMPONENT, expectedVersion: null },
      model: { component: COMPONENT, version: "1.0.0", arch: "ARM64", accelerator: "NVIDIA", codes: "sm_53 PTX" },
      matches: ["target.os", "target.arch", "target.accelerator", "compiler.trt-ver"],
    });
    const [blocking] = report.findings.filter(({ severity }: { severity: string }) => severity === "BLOCKING");
    expect(blocking).toMatchObject({ rule: "compiler.driver", basis: "MODEL", actual: "CUDA 10.2 in L4T 32.4.3" });
  });

  it("holds a job's description against the files of its component", async () => {
    const { report } = await check("--job", JOB, "--root", machineWith("agx-xavier-jp44", "1.0.0"));
    const agrees = report.findings.filter(({ rule }: { rule: string }) => rule === "model.agrees");

    expect(report.job.name).toBe("gear-teeth-sm72");
    expect(report.model).toMatchObject({ component: COMPONENT, codes: "sm_53 PTX" });
    expect(agrees[0]).toMatchObject({ outcome: "DRIFT", severity: "ERROR", expected: "sm_72", actual: "sm_53 PTX" });
  });

  it("uses the version that is stated as deployed, and cannot tell when two are stored and none is stated", async () => {
    const root = machineWith("agx-xavier-jp44", "1.0.0", "2.0.0");
    const compiled = join(root, STORE, COMPONENT, "2.0.0/greengrass_model_component/model/compiled.so");
    writeFileSync(compiled, readFileSync(join(TOP, "test/model/material/x86_64/compiled.so")));

    const said = await check("--component", COMPONENT, "--root", root, "--deployed", `${COMPONENT}=2.0.0`);
    expect(said.report.model).toMatchObject({ version: "2.0.0", arch: "X86_64" });
    expect(said.report.runnable).toBe("WILL_NOT_RUN");
    const unsaid = await check("--component", COMPONENT, "--root", root);
    expect(unsaid.report.model).toMatchObject({ version: null, arch: null });
    expect([unsaid.code, unsaid.report.drift]).not.toEqual([0, "IN_SYNC"]);
  });

  it("changes nothing for a job whose component is not stored", async () => {
    const { report } = await check("--job", JOB, "--root", join(TOP, "test/hosts/agx-xavier-jp44"));

    expect(report.model).toBe(undefined);
    expect(report.findings.filter(({ rule }: { rule: string }) => rule.startsWith("model."))).toMatchObject([
      { rule: "model.libraries", outcome: "NOT_APPLICABLE" },
      { rule: "model.agrees", outcome: "NOT_APPLICABLE" },
    ]);
  });

  it("cannot tell for a component that is not stored, and says where it looked", async () => {
    const root = machineWith("agx-xavier-jp44");
    const { code, report } = await check("--component", COMPONENT, "--root", root);

    expect(code).toBe(2);
    expect(report).toMatchObject({ drift: "NOT_CHECKED", component: { name: COMPONENT } });
    expect(report.job.unavailable.message).toContain(`there are no files of ${COMPONENT} in /greengrass/v2/packages`);
  });

  it("shows what each source says side by side", async () => {
    const root = machineWith("agx-xavier-jp44", "1.0.0");
    const { out } = await packdrift(["check", "--job", JOB, "--root", root, "--deployed", `${COMPONENT}=1.0.0`]);
    const lines = out.split("\n");

    expect(lines.find((line) => line.includes("described"))).toMatch(/described +deployed +built +this device$/);
    expect(lines.find((line) => line.includes("GPU code"))).toMatch(/^≠ GPU code +sm_72 +– +sm_53 PTX +sm_72$/);
  });

  it("refuses what is not a component's name", async () => {
    const { code, err } = await command(["check", "--component", "../x"]);

    expect(code).toBe(3);
    expect(err).toContain('Cannot read --component: must be a component\'s name, is "../x"');
  });
});
