import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { queryEdgeAgent } from "../../../src/examiner/deployed/edge-agent.js";
import { decodeListModels } from "../../../src/examiner/deployed/edge-agent-messages.js";
import { someModel, startEdgeAgent } from "./edge-agent-server.js";

let folder: string;
const closers: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-edge-"));
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  rmSync(folder, { recursive: true, force: true });
});
async function agent(models = [someModel()]) {
  const started = await startEdgeAgent(join(folder, "edge.sock"), models);
  closers.push(started.close);
  return started;
}
const ask = (component = "com.example.factory.BottleCaps") =>
  queryEdgeAgent(`unix://${join(folder, "edge.sock")}`, component);

describe("queryEdgeAgent", () => {
  it.each(["STOPPED", "STARTING", "RUNNING", "FAILED", "STOPPING"] as const)(
    "tells the ARN, the message and the status %s of a model",
    async (status) => {
      const message = "über ".repeat(100);
      await agent([someModel({ model_component: "other" }), someModel({ status, status_message: message })]);

      expect(await ask()).toEqual({
        kind: "model",
        arn: "arn:aws:lookoutvision:eu-west-1:123456789012:model/bottle-caps/4",
        status,
        message,
      });
    },
  );

  it("names the models that there are when the one asked for is not among them", async () => {
    const { calls } = await agent([
      someModel({ model_component: "a" }),
      someModel({ model_component: "b", status: "FAILED" }),
    ]);

    expect(await ask()).toEqual({
      kind: "unknown",
      why: "the Edge Agent has no such model; it has a (RUNNING), b (FAILED)",
    });
    expect(calls).toEqual(["DescribeModel com.example.factory.BottleCaps", "ListModels"]);
  });

  it("asks for a component with the longest name", async () => {
    const name = "n".repeat(128);
    await agent([someModel({ model_component: name })]);

    expect(await ask(name)).toMatchObject({ kind: "model" });
  });

  it("says that there is no answer where no agent listens", async () => {
    expect(await ask()).toEqual({
      kind: "unknown",
      why: expect.stringMatching(/^the Edge Agent did not answer: 14 UNAVAILABLE/),
    });
  });

  it("gives up after five seconds on something that accepts the connection and never answers", async () => {
    const silent = createServer(() => {}).listen(join(folder, "edge.sock"));
    closers.push(() => silent.close());

    expect(await ask()).toEqual({ kind: "unknown", why: expect.stringContaining("DEADLINE_EXCEEDED") });
  });
});

describe("decodeListModels", () => {
  it.each([[[10]], [[10, 5, 1]], [[10, 2, 10, 9]], [[255, 255]], [[11]], [[10, 2, 12, 0]]])(
    "refuses the broken message %j",
    (bytes) => {
      expect(() => decodeListModels(Uint8Array.from(bytes))).toThrow(RangeError);
    },
  );

  it("skips fields that came later", () => {
    const model = [10, 1, 97, 24, 2, 0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x35, 1, 2, 3, 4, 0x42, 1, 120, 0x48, 7];
    expect(decodeListModels(Uint8Array.from([10, model.length, ...model]))).toEqual([
      { component: "a", arn: "", status: "RUNNING", message: "" },
    ]);
  });
});
