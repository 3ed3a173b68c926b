import { describe, expect, it } from "vitest";
import { archiveService, type ServiceParts } from "../../../src/archive/api/service.js";
import { jobsInMemory } from "../../../src/lab/sample-archive.js";

const JOB = { JobName: "j", ProjectName: "p", Status: "SUCCEEDED" };
const URL = "/2020-11-20/projects/p/modelpackagingjobs/j";

function service(parts: Partial<ServiceParts> = {}) {
  const handle = archiveService({
    jobs: jobsInMemory([JOB]),
    newRequestId: () => "request-1",
    seal: (text) => text,
    limit: null,
    onError: () => {},
    ...parts,
  });
  return (url = URL, remoteAddress = "10.0.0.1") => handle({ method: "GET", url, headers: {}, remoteAddress });
}

describe("archiveService", () => {
  it("answers as the archive does, the second time from the rendered answer", async () => {
    const ask = service({ rendered: new WeakMap() });
    const answer = { status: 200, body: JSON.stringify({ ModelPackagingDescription: JOB }) };

    expect([await ask(), await ask()]).toMatchObject([answer, answer]);
  });

  it("throttles each client by its address without touching the jobs", async () => {
    const asked: string[] = [];
    const limit = (client: string) => {
      asked.push(client);
      return client === "10.0.0.2" ? 3 : 0;
    };
    const jobs = { ...jobsInMemory([JOB]), find: async () => Promise.reject(new Error("asked")) };
    const ask = service({ limit, jobs });

    expect(await ask(URL, "::ffff:10.0.0.2")).toEqual({
      status: 429,
      headers: {
        "content-type": "application/json",
        "x-amzn-requestid": "request-1",
        "x-amzn-errortype": "ThrottlingException",
        "retry-after": "3",
      },
      body: '{"Message":"Rate exceeded"}',
    });
    expect(asked).toEqual(["10.0.0.2"]);
  });

  it("answers InternalServerException when something is thrown, and reports it", async () => {
    const errors: unknown[] = [];
    const gone = new Error("The disk is gone");
    const jobs = { ...jobsInMemory([JOB]), find: async () => Promise.reject(gone) };

    expect(await service({ jobs, onError: (error, { url }) => errors.push([error, url]) })()).toEqual({
      status: 500,
      headers: {
        "content-type": "application/json",
        "x-amzn-requestid": "request-1",
        "x-amzn-errortype": "InternalServerException",
        "retry-after": "1",
      },
      body: '{"Message":"The archive could not read the job; its log says why"}',
    });
    expect(errors).toEqual([[gone, URL]]);
  });

  it("authenticates after finding the route and before checking names", async () => {
    const fault = { name: "UnrecognizedClientException", message: "Who?" } as const;
    const ask = service({ authenticate: async () => fault });
    const nameOf = async (url: string) => (await ask(url)).headers["x-amzn-errortype"];

    expect([await nameOf("/"), await nameOf(`${URL}_`), await nameOf(URL)]).toEqual([
      "UnknownOperationException",
      "UnrecognizedClientException",
      "UnrecognizedClientException",
    ]);
  });

  it.each([
    [true, 200, '{"status":"ok"}'],
    [false, 503, '{"status":"unavailable"}'],
  ])("answers /healthz to everyone, however often: %s", async (healthy, status, body) => {
    const fault = { name: "UnrecognizedClientException", message: "Who?" } as const;
    const ask = service({ limit: () => 9, authenticate: async () => fault, isHealthy: async () => healthy });

    expect(await ask("/healthz")).toMatchObject({ status, body });
  });

  it("is unavailable when the check fails", async () => {
    const errors: unknown[] = [];
    const isHealthy = async () => Promise.reject(new Error("The disk is gone"));

    expect(await service({ isHealthy, onError: (error) => errors.push(error) })("/healthz")).toMatchObject({
      status: 503,
    });
    expect(errors).toEqual([new Error("The disk is gone")]);
  });
});
