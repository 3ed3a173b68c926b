import { describe, expect, it } from "vitest";
import { s3Location } from "../../src/job/s3-uri.js";

describe("s3Location", () => {
  it("returns a folder's bucket and its whole path", () => {
    expect(s3Location("s3://models-eu.example/line-3/out/", "folder")).toEqual({
      Bucket: "models-eu.example",
      Prefix: "line-3/out/",
    });
  });

  it("returns the folder of a file", () => {
    expect(s3Location("s3://models/line-3/model.zip", "file")).toEqual({ Bucket: "models", Prefix: "line-3/" });
  });

  it("returns the bucket alone where there is no folder above", () => {
    for (const [uri, kind] of [
      ["s3://models", "folder"],
      ["s3://models/", "folder"],
      ["s3://models/model.zip", "file"],
    ] as const) {
      expect(s3Location(uri, kind)).toStrictEqual({ Bucket: "models" });
    }
  });

  it("reads a key of the greatest length, but no longer one", () => {
    expect(s3Location(`s3://models/${"k".repeat(1024)}`, "folder")).toEqual({
      Bucket: "models",
      Prefix: "k".repeat(1024),
    });
    expect(s3Location(`s3://models/${"k".repeat(1025)}`, "folder")).toBeNull();
  });

  it.each([
    ["no text", 7],
    ["a list that prints as a URI", ["s3://models/a"]],
    ["another address", "https://models/a"],
    ["a URI within another text", "see s3://models/a"],
    ["a bucket's name that is too short", "s3://mo"],
    ["what a bucket cannot be called", "s3://mod els/a"],
    ["a path over two lines", "s3://models/a\nb"],
  ])("returns nothing for %s", (_, uri) => {
    expect(s3Location(uri, "folder")).toBeNull();
  });

  it.each([
    "s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/model.zip",
    "s3://models/COMPONENT_NAME/a.zip",
    "s3://models/COMPONENT_VERSION/a.zip",
    "s3://models/{COMPONENT_VERSION}/a.zip",
    "s3://models/<name>/a.zip",
    "s3://models/$NAME/a.zip",
    "s3://models/[name]/a.zip",
  ])("returns nothing for a placeholder: %s", (uri) => {
    expect(s3Location(uri, "file")).toBeNull();
  });
});
