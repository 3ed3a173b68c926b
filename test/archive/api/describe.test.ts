import { describe, expect, it } from "vitest";
import { type Archive, answerRequest, type HttpRequest } from "../../../src/archive/api/describe.js";
import { jobsInMemory } from "../../../src/lab/sample-archive.js";

const BASE = "/2020-11-20/projects";
const JSON_HEADERS = { "content-type": "application/json", "x-amzn-requestid": "request-1" };

const XAVIER = {
  JobName: "xavier",
  ProjectName: "weld-seams",
  ModelVersion: "7",
  ModelPackagingConfiguration: { Greengrass: { ComponentName: "com.example.A", TargetDevice: "jetson_xavier" } },
  Status: "SUCCEEDED",
  CreationTimestamp: 1671439322.915,
};
const named = (JobName: string) => ({ JobName, ProjectName: "many", Status: "SUCCEEDED" });

function archiveOf(answers: readonly unknown[], key = "k"): Archive {
  return { jobs: jobsInMemory(answers), newRequestId: () => "request-1", seal: (text) => btoa(`${key}:${text}`) };
}

const ARCHIVE = archiveOf([{ ModelPackagingDescription: XAVIER }, ...["c", "a", "e", "b", "d"].map(named)]);

function get(url: string, archive = ARCHIVE, request: Partial<HttpRequest> = {}) {
  return answerRequest({ method: "GET", url: `${BASE}${url}`, headers: {}, ...request }, archive);
}

const bodyOf = async (url: string, archive = ARCHIVE): Promise<Record<string, unknown>> =>
  JSON.parse((await get(url, archive)).body);

function broken(member: string, value: string, rule: string): string {
  return `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`;
}

describe("answerRequest", () => {
  it("describes a job as stored", async () => {
    expect(await get("/weld-seams/modelpackagingjobs/xavier")).toEqual({
      status: 200,
      headers: JSON_HEADERS,
      body: JSON.stringify({ ModelPackagingDescription: XAVIER }),
    });
  });

  it("decodes names and ignores a query", async () => {
    expect((await get("/weld%2Dseams/modelpackagingjobs/%78avier?x=1")).status).toBe(200);
  });

  it.each([
    [
      "job",
      "/weld-seams/modelpackagingjobs/other",
      "MODEL_PACKAGE_JOB",
      "other",
      "The model packaging job other could not be found in project weld-seams",
    ],
    ["project", "/other/modelpackagingjobs/xavier", "PROJECT", "other", "The project other could not be found"],
    ["project to list", "/other/modelpackagingjobs", "PROJECT", "other", "The project other could not be found"],
    [
      "name that every object has",
      "/weld-seams/modelpackagingjobs/constructor",
      "MODEL_PACKAGE_JOB",
      "constructor",
      "The model packaging job constructor could not be found in project weld-seams",
    ],
  ])("does not find a %s", async (_, url, ResourceType, ResourceId, Message) => {
    expect(await get(url)).toEqual({
      status: 404,
      headers: { ...JSON_HEADERS, "x-amzn-errortype": "ResourceNotFoundException" },
      body: JSON.stringify({ Message, ResourceId, ResourceType }),
    });
  });

  const JOB_RULE = "Member must satisfy regular expression pattern: [a-zA-Z0-9-]+";
  const PROJECT_RULE = "Member must satisfy regular expression pattern: [a-zA-Z0-9][a-zA-Z0-9_\\-]*";

  it.each([
    ["/weld-seams/modelpackagingjobs/a%2Fb", broken("jobName", "a/b", JOB_RULE)],
    ["/weld-seams/modelpackagingjobs/..%2f..%2fetc", broken("jobName", "../../etc", JOB_RULE)],
    ["/weld-seams/modelpackagingjobs/a%00", broken("jobName", "a\u0000", JOB_RULE)],
    ["/weld-seams/modelpackagingjobs/%C3%A4", broken("jobName", "ä", JOB_RULE)],
    ["/weld-seams/modelpackagingjobs/%C3", broken("jobName", "%C3", "Member must be percent-encoded UTF-8")],
    ["/weld-seams/modelpackagingjobs/%zz", broken("jobName", "%zz", "Member must be percent-encoded UTF-8")],
    ["/weld-seams/modelpackagingjobs/", broken("jobName", "", "Member must have length greater than or equal to 1")],
    [
      `/weld-seams/modelpackagingjobs/${"j".repeat(65)}`,
      broken("jobName", "j".repeat(65), "Member must have length less than or equal to 64"),
    ],
    ["//modelpackagingjobs/xavier", broken("projectName", "", "Member must have length greater than or equal to 1")],
    ["/-p/modelpackagingjobs/xavier", broken("projectName", "-p", PROJECT_RULE)],
    [
      `/${"p".repeat(300)}/modelpackagingjobs`,
      broken("projectName", `${"p".repeat(256)}...`, "Member must have length less than or equal to 255"),
    ],
    [
      "/many/modelpackagingjobs?maxResults=0",
      broken("maxResults", "0", "Member must have value greater than or equal to 1"),
    ],
    [
      "/many/modelpackagingjobs?maxResults=101",
      broken("maxResults", "101", "Member must have value less than or equal to 100"),
    ],
    ["/many/modelpackagingjobs?maxResults=1.5", broken("maxResults", "1.5", "Member must be an integer")],
    ["/many/modelpackagingjobs?maxResults=", broken("maxResults", "", "Member must be an integer")],
    [
      "/many/modelpackagingjobs?maxResults=-3",
      broken("maxResults", "-3", "Member must have value greater than or equal to 1"),
    ],
    [
      `/${"p".repeat(10_000)}/modelpackagingjobs/j`,
      broken("projectName", `${"p".repeat(256)}...`, "Member must have length less than or equal to 255"),
    ],
    [
      "/-p/modelpackagingjobs/j_1",
      `2 validation errors detected: Value '-p' at 'projectName' failed to satisfy constraint: ${PROJECT_RULE}; ` +
        `Value 'j_1' at 'jobName' failed to satisfy constraint: ${JOB_RULE}`,
    ],
    [
      `/many/modelpackagingjobs?nextToken=${"t".repeat(2049)}`,
      broken("nextToken", `${"t".repeat(256)}...`, "Member must have length less than or equal to 2048"),
    ],
    ["/many/modelpackagingjobs?nextToken=abc", "The pagination token is not valid"],
    [`/many/modelpackagingjobs?nextToken=${"t".repeat(2048)}`, "The pagination token is not valid"],
    [
      "/many/modelpackagingjobs?nextToken=%00",
      broken("nextToken", "\u0000", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9\\/\\+\\=]{0,2048}$"),
    ],
  ])("refuses %s", async (url, Message) => {
    expect(await get(url)).toEqual({
      status: 400,
      headers: { ...JSON_HEADERS, "x-amzn-errortype": "ValidationException" },
      body: JSON.stringify({ Message }),
    });
  });

  it.each([
    ["GET", "/"],
    ["GET", `${BASE}/p/models/1`],
    ["GET", `${BASE}/p/modelpackagingjobs/j/k`],
    ["GET", "/2019-01-01/projects/p/modelpackagingjobs/j"],
    ["DELETE", `${BASE}/p/modelpackagingjobs/j`],
    ["HEAD", `${BASE}/p/modelpackagingjobs/j`],
    ["GET", "*"],
    ["GET", ""],
  ])("has no operation for %s %.60s", async (method, url) => {
    expect(await get("", ARCHIVE, { method, url })).toEqual({
      status: 404,
      headers: { ...JSON_HEADERS, "x-amzn-errortype": "UnknownOperationException" },
      body: '{"Message":"Unknown operation"}',
    });
  });

  it("starts no job", async () => {
    expect(await get("/p/modelpackagingjobs", ARCHIVE, { method: "POST" })).toEqual({
      status: 403,
      headers: { ...JSON_HEADERS, "x-amzn-errortype": "AccessDeniedException" },
      body: '{"Message":"This archive is read-only: no model packaging job can be started"}',
    });
  });

  it("lists jobs by name, without configuration and output", async () => {
    const { ModelPackagingConfiguration: _, ...metadata } = XAVIER;

    expect(await bodyOf("/weld-seams/modelpackagingjobs")).toEqual({ ModelPackagingJobs: [metadata] });
    expect(await bodyOf("/many/modelpackagingjobs")).toEqual({
      ModelPackagingJobs: ["a", "b", "c", "d", "e"].map(named),
    });
  });

  async function pages(maxResults: number, archiveOfPage: (page: number) => Archive): Promise<string[][]> {
    const found: string[][] = [];
    let token: unknown = "";
    do {
      const query = `maxResults=${maxResults}&nextToken=${encodeURIComponent(String(token))}`;
      const body = await bodyOf(`/many/modelpackagingjobs?${query}`, archiveOfPage(found.length));
      found.push((body.ModelPackagingJobs as { JobName: string }[]).map(({ JobName }) => JobName));
      token = body.NextToken;
      if (token !== undefined) expect(token).toMatch(/^[a-zA-Z0-9/+=]{1,2048}$/);
    } while (token !== undefined);
    return found;
  }

  it("lists every job once, page by page", async () => {
    expect(await pages(2, () => ARCHIVE)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(await pages(5, () => ARCHIVE)).toEqual([["a", "b", "c", "d", "e"]]);
    expect(await pages(1, () => ARCHIVE)).toEqual([["a"], ["b"], ["c"], ["d"], ["e"]]);
  });

  it("shifts no page when jobs are added and removed in between", async () => {
    const later = archiveOf(["0", "a", "bb", "c", "d", "e"].map(named));

    expect(await pages(2, (page) => (page === 0 ? ARCHIVE : later))).toEqual([
      ["a", "b"],
      ["bb", "c"],
      ["d", "e"],
    ]);
  });

  it("accepts no token of another project or archive, and none that was changed", async () => {
    const { NextToken } = await bodyOf("/many/modelpackagingjobs?maxResults=2");
    const [last, seal] = atob(String(NextToken)).split(" ");
    const statusOf = async (project: string, token: string, archive = ARCHIVE) =>
      (await get(`/${project}/modelpackagingjobs?nextToken=${encodeURIComponent(token)}`, archive)).status;

    expect(await statusOf("many", String(NextToken))).toBe(200);
    expect(await statusOf("weld-seams", String(NextToken))).toBe(400);
    expect(await statusOf("many", String(NextToken), archiveOf([named("a")], "other"))).toBe(400);
    expect(await statusOf("many", btoa(`c ${seal}`))).toBe(400);
    expect(await statusOf("many", btoa(`${last} ${seal}x`))).toBe(400);
    expect(await statusOf("many", btoa(String(last)))).toBe(400);
  });
});
