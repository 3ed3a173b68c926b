import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lambdaReply, lambdaRequest } from "../../../src/archive/api/lambda.js";

const event = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, "events", `${name}.json`), "utf8"));
const HTTP_API = event("http-api");
const withPath = (rawPath: string, stage = "$default") => ({
  ...HTTP_API,
  rawPath,
  requestContext: { ...HTTP_API.requestContext, stage },
});

describe("lambdaRequest", () => {
  it("reads the events of an HTTP API and of a function URL", () => {
    expect(lambdaRequest(HTTP_API)).toEqual({
      request: {
        method: "GET",
        url: "/2020-11-20/projects/weld-seams/modelpackagingjobs/weld-seams-xavier",
        headers: HTTP_API.headers,
      },
      caller: null,
    });
    expect(lambdaRequest(event("function-url")).request).toMatchObject({
      method: "GET",
      url: "/2020-11-20/projects/weld-seams/modelpackagingjobs?maxResults=1",
    });
  });

  it.each([
    ["/prod/2020-11-20/a", "prod", "/2020-11-20/a"],
    ["/2020-11-20/a", "prod", "/2020-11-20/a"],
    ["/$default/a", "$default", "/$default/a"],
    ["/a b/ä/%2F?#", "$default", "/a%20b/%C3%A4/%2F%3F%23"],
    ["/\ud800", "$default", "/%EF%BF%BD"],
  ])("reads the path %j of stage %s as %s", (path, stage, url) => {
    expect(lambdaRequest(withPath(path, stage)).request.url).toBe(url);
  });

  it("returns the caller that AWS has authenticated", () => {
    const authorizer = { iam: { userArn: "arn:aws:iam::123456789012:user/line", accessKey: "AKIA" } };
    const { caller } = lambdaRequest({ ...HTTP_API, requestContext: { ...HTTP_API.requestContext, authorizer } });

    expect([caller?.name, caller?.mayRead("p")]).toEqual(["arn:aws:iam::123456789012:user/line", true]);
  });

  it.each([null, "GET /", {}, { version: "1.0", httpMethod: "GET", path: "/" }, { requestContext: { http: {} } }])(
    "refuses %j",
    (other) => {
      expect(() => lambdaRequest(other)).toThrow("needs payload version 2.0");
    },
  );
});

describe("lambdaReply", () => {
  it("is the reply under the members' names of payload version 2.0", () => {
    expect(lambdaReply({ status: 404, headers: { a: "b" }, body: '{"Message":"No"}' }, "GET")).toEqual({
      statusCode: 404,
      headers: { a: "b" },
      body: '{"Message":"No"}',
      isBase64Encoded: false,
    });
  });

  it("has no body for HEAD", () => {
    expect(lambdaReply({ status: 200, headers: {}, body: "{}" }, "HEAD").body).toBe("");
  });
});
