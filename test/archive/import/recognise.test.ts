import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recognise } from "../../../src/archive/import/recognise.js";
import { digestOf, encodeStoredJob, type Note, parseStoredJob } from "../../../src/archive/store/stored-job.js";
import { verifier } from "../../../src/archive/store/verifier.js";
import { runs } from "../../long-runs.js";
import { JOB } from "./extract-all.js";

const HINTS = { project: null, job: null, tags: {} };
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const COMPILED = {
  CompilationJobName: "a",
  CompilationJobStatus: "COMPLETED",
  FailureReason: "",
  CreationTime: 1,
  OutputConfig: {
    S3OutputLocation: "s3://models/a/",
    TargetDevice: "ml_g4dn",
    CompilerOptions: '{"gpu-code": "sm_75"}',
  },
};
const COMPONENT = {
  RecipeFormatVersion: "2020-01-25",
  ComponentName: "com.example.A",
  ComponentVersion: "1.0.0",
  ComponentPublisher: "Amazon Lookout for Vision",
  ComponentDescription: "A",
  tags: { "gpu-code": "sm_72", project: "p", job: "j" },
  Manifests: [
    { Platform: { os: "linux", architecture: "/aarch64|arm64/" }, Artifacts: [{ Uri: "s3://models/a/b.zip" }] },
  ],
};
const REQUEST = {
  ProjectName: "p",
  JobName: "j",
  ModelVersion: "1",
  Configuration: JOB.ModelPackagingConfiguration,
};
const record = (eventSource: string, eventName: string, requestParameters: object) => ({
  eventSource,
  eventName,
  eventTime: "2022-12-19T08:42:02Z",
  requestParameters,
});
const DOCUMENTS: readonly object[] = [
  { ModelPackagingDescription: JOB },
  COMPILED,
  COMPONENT,
  REQUEST,
  record("lookoutvision.amazonaws.com", "StartModelPackagingJob", REQUEST),
  record("sagemaker.amazonaws.com", "CreateCompilationJob", COMPILED),
];

/** Every place in a document where something else could stand. */
function pathsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...path, key]))];
}

/** The document with something else at a path; unchanged where the path no longer leads anywhere. */
function replaced(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  if (Array.isArray(value)) return value.map((item, at) => (String(at) === key ? replaced(item, rest, other) : item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === key ? replaced(inner, rest, other) : inner]),
  );
}

const ODD = fc.constantFrom(
  "{COMPONENT_VERSION}",
  "1.0.0-rc.1",
  "-",
  "a".repeat(200),
  "/(a|b)/",
  "jetson_nano",
  "",
  -1,
  {},
  [],
);
const spoilt = fc.constantFrom(...DOCUMENTS).chain((document) =>
  fc
    .array(fc.tuple(fc.constantFrom(...pathsIn(document)), fc.oneof(fc.jsonValue({ maxDepth: 2 }), ODD)), {
      maxLength: 3,
    })
    .map((changes) => changes.reduce<unknown>((all, [path, other]) => replaced(all, path, other), document)),
);

describe("recognise", () => {
  it("never throws, and extracts only jobs that the archive's own verify finds sound", () => {
    fc.assert(
      fc.property(spoilt, (document) => {
        const extracted = recognise(document, HINTS);
        if ("refused" in extracted) return;
        const { ref, description, origin, guessed } = extracted;
        const digest = digestOf(description, sha256);
        const note: Note = {
          schema: "packdrift.archived-job/1",
          origin,
          reconstructed: origin !== "DESCRIBE",
          from: "a.json",
          guessed,
          digest,
        };

        const found = verifier(sha256).verify(ref, parseStoredJob(encodeStoredJob(description, note), ref));

        expect(found.filter(({ kind }) => kind !== "NOTE")).toEqual([]);
      }),
      { numRuns: runs(1_500) },
    );
  });

  it.each([[null], ["text"], [7], [[]], [new Date(0)]])("refuses %j", (document) => {
    expect(recognise(document, HINTS)).toHaveProperty("refused");
  });
});
