import { describe, expect, it } from "vitest";
import { apiFailure, type FailedCall, isServiceEndpoint, LOOKOUT_VISION } from "../../src/sources/api-failure.js";

const ENDED =
  '; Amazon Lookout for Vision ended on 2025-10-31; use an archive (--endpoint, or "endpoint" in "source"), a saved answer (FILE, or ' +
  '"path" in "source") or the model\'s own files (--component, or "type": "auto"), see docs/recover-jobs.md';

/** A call of the service that was answered so. */
function someCall(status: number, body: object, over: Partial<FailedCall> = {}): FailedCall {
  return {
    service: LOOKOUT_VISION,
    ref: { project: "bolts", job: "inspect-7" },
    source: "api https://lookoutvision.eu-west-1.amazonaws.com",
    serviceEndpoint: true,
    missingCredentials: null,
    answer: { status, headers: {}, body: JSON.stringify(body) },
    error: null,
    ...over,
  };
}

const NO_JOB = { __type: "ResourceNotFoundException", ResourceType: "MODEL_PACKAGE_JOB" };
const failed = (code: string, name = "Error") => ({ answer: null, error: Object.assign(new Error(), { code, name }) });

describe("apiFailure", () => {
  it.each([
    ["GONE", someCall(404, {})],
    ["GONE", someCall(410, {})],
    ["GONE", someCall(400, { __type: "EndOfLifeException" })],
    ["DENIED", someCall(403, { __type: "AccessDeniedException" })],
    ["DENIED", someCall(403, { __type: "UnrecognizedClientException" })],
    ["DENIED", someCall(0, {}, failed("", "CredentialsProviderError"))],
    ["NOT_FOUND", someCall(404, NO_JOB)],
    ["NOT_A_JOB", someCall(301, {})],
    ["UNREACHABLE", someCall(0, {}, failed("ENOTFOUND"))],
    ["UNREACHABLE", someCall(0, {}, failed("ECONNREFUSED"))],
    ["TIMEOUT", someCall(0, {}, failed("ETIMEDOUT"))],
    ["THROTTLED", someCall(429, {})],
    ["FAILED", someCall(500, {})],
    ["UNREACHABLE", someCall(0, {}, failed("EAI_AGAIN"))],
  ])("explains %s of the service's own endpoint with its end, and says what to do", (reason, call) => {
    const { message, reason: found } = apiFailure(call);

    expect(found).toBe(reason);
    expect(message.endsWith(ENDED)).toBe(true);
  });

  it.each([
    ["GONE", someCall(404, {}, { serviceEndpoint: false })],
    ["NOT_FOUND", someCall(404, NO_JOB, { serviceEndpoint: false })],
    ["DENIED", someCall(403, {}, { serviceEndpoint: false })],
    ["UNREACHABLE", someCall(0, {}, { serviceEndpoint: false, ...failed("ENOTFOUND") })],
  ])("does not blame the service's end for %s of another endpoint", (reason, call) => {
    const { message, reason: found } = apiFailure(call);

    expect(found).toBe(reason);
    expect(message).not.toContain("2025-10-31");
  });
});

describe("isServiceEndpoint", () => {
  it.each([
    [null, true],
    ["https://lookoutvision.eu-west-1.amazonaws.com", true],
    ["https://lookoutvision.cn-north-1.amazonaws.com.cn/", true],
    ["https://abc123.execute-api.eu-west-1.amazonaws.com", false],
    ["https://lookoutvision.eu-west-1.amazonaws.com.example.org", false],
    ["https://archive.example/lookoutvision.eu-west-1.amazonaws.com", false],
    ["http://127.0.0.1:8080", false],
  ])("treats %s as the service's own: %s", (endpoint, isOwn) => {
    expect(isServiceEndpoint(endpoint)).toBe(isOwn);
  });
});
