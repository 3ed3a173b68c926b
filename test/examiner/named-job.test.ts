import { describe, expect, it } from "vitest";
import { namedJob } from "../../src/examiner/named-job.js";

const CHOICE = { project: null, job: null, component: null, compilationJob: null };

describe("namedJob", () => {
  it("is the packaging job, or the one that represents a compilation job", () => {
    expect(namedJob({ ...CHOICE, project: "weld-seams", job: "xavier" })).toEqual({
      project: "weld-seams",
      job: "xavier",
    });
    expect(namedJob({ ...CHOICE, compilationJob: "nano-1" })).toEqual({ project: "sagemaker-neo", job: "nano-1" });
  });

  it("is null for a model that is found by its component", () => {
    expect(namedJob({ ...CHOICE, project: "weld-seams", component: "com.example.A" })).toBe(null);
    expect(namedJob({ ...CHOICE, component: "com.example.A" })).toBe(null);
  });
});
