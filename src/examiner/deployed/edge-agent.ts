import { Client, credentials } from "@grpc/grpc-js";
import { messageOf } from "../../base/errors.js";
import { decodeDescribeModel, decodeListModels, type EdgeModel, encodeDescribeModel } from "./edge-agent-messages.js";

/** The Edge Agent's answer about a model component. */
type EdgeAnswer =
  | { readonly kind: "model"; readonly arn: string; readonly status: string; readonly message: string }
  | { readonly kind: "unknown"; readonly why: string };

const TIME_LIMIT_MS = 5_000;
const NOT_FOUND = 5;
const PATH = "/AWS.LookoutVision.EdgeAgent";

/**
 * Asks the Lookout for Vision Edge Agent on its gRPC socket (`unix:///tmp/…`) for a model. One that it does not have is
 * unknown, not absent, since a deployed component need not be registered there; the answer names the models it has. Never
 * throws; each call ends within 5 s.
 */
export async function queryEdgeAgent(socket: string, component: string): Promise<EdgeAnswer> {
  const client = new Client(socket, credentials.createInsecure());
  try {
    const model = decodeDescribeModel(await call(client, "DescribeModel", encodeDescribeModel(component)));
    if (model === null) return { kind: "unknown", why: "the Edge Agent answered without a description" };
    return { kind: "model", arn: model.arn, status: model.status, message: model.message };
  } catch (error) {
    if (statusOf(error) !== NOT_FOUND)
      return { kind: "unknown", why: `the Edge Agent did not answer: ${describe(error)}` };
    return { kind: "unknown", why: `the Edge Agent has no such model; ${await others(client)}` };
  } finally {
    client.close();
  }
}

async function others(client: Client): Promise<string> {
  try {
    const models: readonly EdgeModel[] = decodeListModels(await call(client, "ListModels", new Uint8Array()));
    const names = models.map(({ component, status }) => `${component} (${status})`);
    return names.length === 0 ? "it has none" : `it has ${names.slice(0, 10).join(", ")}`;
  } catch (error) {
    return `its models could not be listed: ${describe(error)}`;
  }
}

function call(client: Client, name: string, request: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + TIME_LIMIT_MS;
    client.makeUnaryRequest<Uint8Array, Uint8Array>(
      `${PATH}/${name}`,
      (bytes) => Buffer.from(bytes),
      (bytes) => bytes,
      request,
      { deadline },
      (error, answer) => (error ? reject(error) : resolve(answer ?? new Uint8Array())),
    );
  });
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function describe(error: unknown): string {
  return messageOf(error).slice(0, 200);
}
