import { describe, expect, it } from "vitest";
import { packagingJobOf } from "../../../src/job/compilation-job.js";
import { extractAll } from "./extract-all.js";

const COMPILED = {
  CompilationJobName: "dda-xavier-1",
  CompilationJobStatus: "COMPLETED",
  OutputConfig: { TargetPlatform: { Os: "LINUX", Arch: "X86_64" } },
};

describe("jobFromCompilationJob", () => {
  it("imports the same job as a device finds, named as the user says", () => {
    const { guessedTarget: _, ...mapped } = {
      guessedTarget: [],
      ...packagingJobOf(COMPILED, { project: "dda", job: null }),
    };

    expect(extractAll(COMPILED, { project: "dda" })).toEqual([{ ...mapped, origin: "NEO" }]);
  });

  it("refuses a target that no packaging job can name", () => {
    const [extracted] = extractAll({ ...COMPILED, OutputConfig: { TargetDevice: "ml_inf1" } });

    expect(extracted).toHaveProperty("refused");
  });
});
