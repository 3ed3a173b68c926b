import { createServer, type IncomingMessage } from "node:http";
import { authentication } from "../archive/access/signature.js";
import { isObject, type JsonObject, parseJson } from "../base/json.js";
import { signatureV4 } from "../platform/signature-v4.js";

/** A response: `body` is written as JSON, or as is if it is text. */
export interface SampleReply {
  readonly status: number;
  readonly body: object | string;
}

/** Who may ask, and what the server finds. */
interface SampleSageMakerOptions {
  /** Answers of DescribeCompilationJob. */
  readonly jobs: readonly JsonObject[];
  /** The secret keys, by access key. */
  readonly keys: Readonly<Record<string, { readonly secret: string; readonly token: string | null }>>;
  /** Milliseconds since 1970, as the server's clock shows it. */
  readonly now?: () => number;
}

/** SageMaker's DescribeCompilationJob on the loopback address. */
export interface SampleSageMaker {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** The access keys that requests were signed with, oldest first; empty without a signature. */
  readonly asked: readonly string[];
  /** What every request gets instead of an answer; "silent": no response; null: requests are answered. */
  fault: SampleReply | "silent" | null;
  close(): Promise<void>;
}

/**
 * Serves compilation jobs over AWS JSON 1.1, as SageMaker does, to requests whose signature is right. Listens on a port that the
 * system chooses.
 */
export async function startSampleSageMaker(options: SampleSageMakerOptions): Promise<SampleSageMaker> {
  const { now = Date.now } = options;
  const asked: string[] = [];
  const authenticate = authentication({
    credentials: async () => new Map(Object.entries(options.keys).map(([id, key]) => [id, credentialOf(id, key)])),
    signer: signatureV4(),
    now,
    service: "sagemaker",
  });

  async function answer(request: IncomingMessage): Promise<SampleReply> {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(",")]),
    );
    const body = await textOf(request);
    const { method = "", url = "" } = request;
    const caller = await authenticate({ method, url, headers, body });
    if (!("mayRead" in caller)) return refusal(caller.name, caller.message);
    if (method !== "POST" || url !== "/") return refusal("UnknownOperationException", "");
    if (headers["content-type"] !== "application/x-amz-json-1.1") return refusal("SerializationException", "");
    if (headers["x-amz-target"] !== "SageMaker.DescribeCompilationJob") return refusal("UnknownOperationException", "");
    const asksFor = parseJson(body);
    const name = isObject(asksFor) ? asksFor.CompilationJobName : undefined;
    const found = options.jobs.find((job) => job.CompilationJobName === name);
    return found === undefined
      ? refusal("ResourceNotFound", `Could not find job ${name}.`)
      : { status: 200, body: found };
  }

  const server = createServer((request, response) => {
    asked.push(/Credential=(\w+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "");
    const { fault } = sageMaker;
    if (fault === "silent") return;
    void (fault === null ? answer(request) : Promise.resolve(fault)).then(({ status, body }) => {
      const date = new Date(now()).toUTCString();
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1", date });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
  const sageMaker: SampleSageMaker = {
    endpoint: `http://127.0.0.1:${address.port}`,
    asked,
    fault: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return sageMaker;
}

/** Names of errors are in the body, and nearly all have the status 400: AWS JSON 1.1. */
function refusal(name: string, message: string): SampleReply {
  return { status: 400, body: { __type: name, message } };
}

function credentialOf(
  accessKeyId: string,
  { secret, token }: { readonly secret: string; readonly token: string | null },
) {
  return { accessKeyId, secretAccessKey: secret, sessionToken: token, profile: accessKeyId, projects: null };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
