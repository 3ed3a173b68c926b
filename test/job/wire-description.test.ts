import { describe, expect, it } from "vitest";
import { wireDescription } from "../../src/job/wire-description.js";

const greengrass = (members: object) => ({ ModelPackagingConfiguration: { Greengrass: members } });

describe("wireDescription", () => {
  it("keeps what the service's model has, in its order, without nulls and the client's own members", () => {
    const { description, changes } = wireDescription({
      $metadata: { httpStatusCode: 200 },
      Status: "SUCCEEDED",
      ResponseMetadata: {},
      ResultMetadata: {},
      StatusMessage: null,
      ...greengrass({ Tags: [{ Key: "line", Value: "3" }], ComponentName: "com.example.A" }),
      JobName: "a",
    });

    expect(JSON.stringify(description)).toBe(
      JSON.stringify({
        JobName: "a",
        ...greengrass({ ComponentName: "com.example.A", Tags: [{ Key: "line", Value: "3" }] }),
        Status: "SUCCEEDED",
      }),
    );
    expect(changes).toEqual([]);
  });

  it("writes times as epoch seconds with milliseconds, and leaves out what is missing", () => {
    expect(
      wireDescription({ CreationTimestamp: "2022-12-19T09:42:02.915+01:00", LastUpdatedTimestamp: "soon" }),
    ).toEqual({
      description: { CreationTimestamp: 1671439322.915 },
      changes: ['LastUpdatedTimestamp is not a time ("soon"): left out'],
    });
    expect(wireDescription({ CreationTimestamp: -1 }).changes).toEqual([
      "CreationTimestamp is not a time (-1): left out",
    ]);
  });

  it("reads a number or a boolean where a text belongs, and says so", () => {
    expect(wireDescription({ ModelVersion: 7, JobName: true })).toEqual({
      description: { JobName: "true", ModelVersion: "7" },
      changes: ['JobName was a boolean: read as "true"', 'ModelVersion was a number: read as "7"'],
    });
  });

  it("stores an object of compiler options as JSON text, and says so", () => {
    expect(wireDescription(greengrass({ CompilerOptions: { "gpu-code": "sm_72" } }))).toEqual({
      description: greengrass({ CompilerOptions: '{"gpu-code":"sm_72"}' }),
      changes: ["ModelPackagingConfiguration.Greengrass.CompilerOptions was an object: stored as JSON text"],
    });
  });

  it("leaves out values of another type, and says where and what", () => {
    expect(
      wireDescription({
        JobName: ["a"],
        ModelPackagingOutputDetails: "none",
        ...greengrass({ CompilerOptions: ["x"], Tags: { Key: "a" }, S3OutputLocation: null }),
      }),
    ).toEqual({
      description: greengrass({}),
      changes: [
        "JobName is an array, not text: left out",
        "ModelPackagingConfiguration.Greengrass.CompilerOptions is an array, not text: left out",
        "ModelPackagingConfiguration.Greengrass.Tags is an object, not a list: left out",
        "ModelPackagingOutputDetails is a string, not an object: left out",
      ],
    });
  });

  it("leaves single items of a list out, and names their place", () => {
    expect(wireDescription(greengrass({ Tags: [{ Key: "a" }, "b", null, { Key: "c" }] }))).toEqual({
      description: greengrass({ Tags: [{ Key: "a" }, { Key: "c" }] }),
      changes: ["ModelPackagingConfiguration.Greengrass.Tags[1] is a string, not an object: left out"],
    });
  });

  it("names members that the service does not have, unless they are null", () => {
    expect(
      wireDescription({ Colour: "red", 'a"\u001b': 1, Shade: null, ...greengrass({ Size: 1, Width: null }) }),
    ).toEqual({
      description: greengrass({}),
      changes: [
        "ModelPackagingConfiguration.Greengrass.Size is not a member of the service's model: left out",
        "Colour is not a member of the service's model: left out",
        "a\\\"\\u001b is not a member of the service's model: left out",
      ],
    });
  });
});
