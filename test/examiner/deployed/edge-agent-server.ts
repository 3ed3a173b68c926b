import { join } from "node:path";
import { loadPackageDefinition, Server, ServerCredentials, type ServiceClientConstructor, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** A model as the agent's protobuf says it. */
export interface ServedModel {
  readonly model_component: string;
  readonly lookout_vision_model_arn: string;
  readonly status: "STOPPED" | "STARTING" | "RUNNING" | "FAILED" | "STOPPING";
  readonly status_message: string;
}

/** A model of the factory's bottle caps. */
export function someModel(over: Partial<ServedModel> = {}): ServedModel {
  return {
    model_component: "com.example.factory.BottleCaps",
    lookout_vision_model_arn: "arn:aws:lookoutvision:eu-west-1:123456789012:model/bottle-caps/4",
    status: "RUNNING",
    status_message: "",
    ...over,
  };
}

/** An Edge Agent on a unix socket: a gRPC server with the protobuf runtime, nothing of ours. */
export async function startEdgeAgent(path: string, models: readonly ServedModel[]) {
  const definition = loadSync(join(import.meta.dirname, "edge-agent.proto"), { keepCase: true, enums: String });
  const { AWS } = loadPackageDefinition(definition) as unknown as {
    AWS: { LookoutVision: { EdgeAgent: ServiceClientConstructor } };
  };
  const calls: string[] = [];
  const server = new Server();
  type Answer = (error: object | null, value?: object) => void;
  server.addService(AWS.LookoutVision.EdgeAgent.service, {
    ListModels(_: unknown, answer: Answer) {
      calls.push("ListModels");
      answer(null, { models });
    },
    DescribeModel({ request }: { request: { model_component: string } }, answer: Answer) {
      calls.push(`DescribeModel ${request.model_component}`);
      const found = models.find((model) => model.model_component === request.model_component);
      if (found) answer(null, { model_description: found });
      else answer({ code: status.NOT_FOUND, details: "no such model" });
    },
  });
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix://${path}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  return { calls, close: () => server.forceShutdown() };
}
