import { describe, expect, it } from "vitest";
import { digestOf, encodeStoredJob, parseStoredJob } from "../../../src/archive/store/stored-job.js";
import { wireDescription } from "../../../src/job/wire-description.js";

const REF = { project: "p", job: "j" };
const JOB = { JobName: "j", ProjectName: "p", Status: "SUCCEEDED", CreationTimestamp: 1671439322.915 };
const NOTE = {
  schema: "packdrift.archived-job/1",
  origin: "NEO",
  reconstructed: true,
  from: "a.json",
  guessed: ["that"],
  digest: "d1",
} as const;

describe("parseStoredJob", () => {
  it("reads what encodeStoredJob wrote", () => {
    expect(parseStoredJob(encodeStoredJob(JOB, NOTE), REF)).toEqual({ description: JOB, note: NOTE, changes: [] });
  });

  it("reads an answer that another program put there, in the service's form", () => {
    const text = JSON.stringify({
      ...JOB,
      CreationTimestamp: "2022-12-19T09:42:02.915+01:00",
      StatusMessage: null,
      Extra: 1,
    });

    expect(parseStoredJob(text, REF)).toEqual({
      description: JOB,
      note: null,
      changes: ["Extra is not a member of the service's model: left out"],
    });
  });

  it("reads missing names from the file's path", () => {
    expect(parseStoredJob('{"Status":"FAILED"}', REF).description).toEqual({
      Status: "FAILED",
      JobName: "j",
      ProjectName: "p",
    });
  });

  it.each([
    ["", "is empty"],
    ["{", "is not valid JSON: cut off"],
    ["[]", "needs a JSON object, is an array"],
    ["{}", "needs ModelPackagingDescription, is empty"],
    [JSON.stringify({ ...JOB, JobName: "k" }), 'Cannot read job "p/j": its file holds "p/k"'],
    [JSON.stringify({ ...JOB, ProjectName: "../p" }), 'Cannot use project name "../p"'],
  ])("refuses %j", (text, why) => {
    expect(() => parseStoredJob(text, REF)).toThrow(why);
  });

  it.each([[{ ...NOTE, schema: "other" }], [{ ...NOTE, origin: "MAGIC" }], [{ ...NOTE, digest: 1 }], ["text"], [null]])(
    "ignores the malformed note %j",
    (note) => {
      expect(parseStoredJob(JSON.stringify({ ModelPackagingDescription: JOB, packdrift: note }), REF).note).toBeNull();
    },
  );
});

describe("digestOf", () => {
  it("does not depend on the spelling of times and the order of members", () => {
    const { CreationTimestamp: _, ...rest } = JOB;
    const other = wireDescription({ CreationTimestamp: "2022-12-19T08:42:02.915Z", ...rest }).description;

    expect(digestOf(other, (text) => text)).toBe(digestOf(JOB, (text) => text));
  });
});

describe("wireDescription", () => {
  it("reports what it had to change or leave out", () => {
    const { description, changes } = wireDescription({
      ModelVersion: 7,
      Status: ["SUCCEEDED"],
      CreationTimestamp: "yesterday",
      ModelPackagingConfiguration: { Greengrass: { Tags: [{ Key: "a", Value: true }, "b"], TargetPlatform: "LINUX" } },
      ModelPackagingOutputDetails: null,
      ResponseMetadata: { RequestId: "x" },
    });

    expect(description).toEqual({
      ModelVersion: "7",
      ModelPackagingConfiguration: { Greengrass: { Tags: [{ Key: "a", Value: "true" }] } },
    });
    expect(changes).toEqual([
      'ModelVersion was a number: read as "7"',
      "ModelPackagingConfiguration.Greengrass.TargetPlatform is a string, not an object: left out",
      'ModelPackagingConfiguration.Greengrass.Tags[0].Value was a boolean: read as "true"',
      "ModelPackagingConfiguration.Greengrass.Tags[1] is a string, not an object: left out",
      "Status is an array, not text: left out",
      'CreationTimestamp is not a time ("yesterday"): left out',
    ]);
  });
});
