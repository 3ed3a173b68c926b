import { describe, expect, it } from "vitest";
import { NEO_PROJECT } from "../../src/job/job-names.js";
import { startTokenExchange } from "../../src/lab/token-exchange.js";
import { callsApi, chosenSource, type SourceChoice } from "../../src/sources/choose.js";
import { exchangedOnce } from "../../src/sources/exchanged-credentials.js";

const AUTO: SourceChoice = { type: "auto", endpoint: null, region: null, path: null };
const FILE = { path: "/etc/packdrift/job.json" };
const ARCHIVE = { endpoint: "https://archive.example" };
const GONE_NOTE = JSON.stringify({
  schema: "packdrift.api-gone/1",
  source: "api https://lookoutvision.eu-west-1.amazonaws.com",
  at: "2026-11-29T09:00:00Z",
  reason: "GONE",
});

const parts = (region: string, note: string | null = null) => ({
  env: { AWS_REGION: region },
  exchange: exchangedOnce({}, async () => null),
  note: { load: () => note, save: () => undefined },
  now: () => Date.parse("2026-11-29T10:00:00Z"),
});
const nameOf = (choice: SourceChoice, region = "eu-west-1") => chosenSource(choice, parts(region)).name;

describe("chosenSource", () => {
  it("asks what is named, files first, and the API only if nothing is", () => {
    expect(nameOf({ ...AUTO, ...FILE })).toBe("file /etc/packdrift/job.json");
    expect(nameOf({ ...AUTO, ...ARCHIVE })).toBe("archive https://archive.example");
    expect(nameOf({ ...AUTO, ...FILE, ...ARCHIVE })).toBe(
      "file /etc/packdrift/job.json, then archive https://archive.example",
    );
    expect(nameOf(AUTO)).toBe("api https://lookoutvision.eu-west-1.amazonaws.com");
  });

  it("asks one source for every other type, whatever else is named", () => {
    expect(nameOf({ ...FILE, ...ARCHIVE, type: "archive", region: null })).toBe("archive https://archive.example");
    expect(nameOf({ ...FILE, ...ARCHIVE, type: "file", region: null })).toBe("file /etc/packdrift/job.json");
  });

  it("asks SageMaker for compilation jobs, with type auto where nothing is named", async () => {
    expect(nameOf({ ...AUTO, type: "sagemaker" })).toBe("sagemaker https://api.sagemaker.eu-west-1.amazonaws.com");
    // There is no token exchange service to get credentials from, so nothing goes out.
    const env = { AWS_REGION: "eu-west-1", AWS_CONTAINER_AUTHORIZATION_TOKEN: "token" };
    const source = chosenSource(AUTO, { ...parts("eu-west-1"), env });

    await expect(source.describe({ project: NEO_PROJECT, job: "nano-1" })).rejects.toMatchObject({
      reason: "DENIED",
      message: expect.stringMatching(/^Cannot get compilation job "nano-1" from sagemaker https:/),
    });
  });

  it.each(["api", "sagemaker", "auto"] as const)(
    "asks a token exchange service that has no credentials once for eight jobs of type %s, whether one source or two look them up",
    async (type) => {
      const service = await startTokenExchange(() => "com.example.Monitor");
      service.mode = "null";
      const env = { AWS_REGION: "eu-west-1", AWS_CONTAINER_AUTHORIZATION_TOKEN: "token" };
      const exchange = exchangedOnce(env, async () => Number(new URL(service.uri).port));
      const sources = [1, 2].map(() => chosenSource({ ...AUTO, type }, { ...parts("eu-west-1"), env, exchange }));
      const describe = (job: string) => sources.map((source) => source.describe({ project: NEO_PROJECT, job }));

      const outcomes = await Promise.allSettled(["1", "2", "3", "4", "5", "6", "7", "8"].flatMap(describe));

      expect(outcomes).toHaveLength(16);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { reason: "DENIED" } });
      expect(service.requests).toBe(1);
      await service.close();
    },
  );

  it("has no job without a Region, and says what to set", async () => {
    const source = chosenSource(AUTO, parts(""));

    await expect(source.describe({ project: "bolts", job: "inspect-7" })).rejects.toMatchObject({
      reason: "GONE",
      message: expect.stringContaining("Amazon Lookout for Vision ended on 2025-10-31"),
    });
    expect(() => chosenSource({ ...AUTO, type: "api" }, parts(""))).toThrow(
      /needs a Region.*Amazon Lookout for Vision ended on 2025-10-31/,
    );
  });
});

describe("callsApi", () => {
  it.each([
    [{ ...AUTO, type: "api" as const }, "eu-west-1", null, true],
    [AUTO, "eu-west-1", null, true],
    [AUTO, "eu-west-1", GONE_NOTE, false],
    [AUTO, "us-east-1", GONE_NOTE, true],
    [AUTO, "", null, false],
    [{ ...AUTO, ...FILE }, "eu-west-1", null, false],
    [{ ...AUTO, type: "model" as const }, "eu-west-1", null, false],
  ])("warns of %j in Region %j with note %j: %s", (choice, region, note, expected) => {
    expect(callsApi(choice, parts(region, note))).toBe(expected);
  });
});
