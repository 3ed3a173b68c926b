import { describe, expect, it } from "vitest";
import {
  type Client,
  COMPONENT,
  cleanUpAfterEach,
  connected,
  FLAVOURS,
  failureOf,
  inbox,
  someNucleus,
  within,
} from "./lab-parts.js";

cleanUpAfterEach();

type Validation = { readonly deploymentId: string; readonly configuration?: unknown };

async function validating(client: Client) {
  const asked = inbox<Validation>();
  const operation = client.subscribeToValidateConfigurationUpdates({});
  operation.on("message", ({ validateConfigurationUpdateEvent: event }) => event && asked.put(event));
  await within(operation.activate(), "activate");
  const answer = (deploymentId: string, status: "ACCEPTED" | "REJECTED", message = "") =>
    client.sendConfigurationValidityReport({
      configurationValidityReport: { deploymentId, status: status as never, message },
    });
  return { asked, answer };
}

async function listening(client: Client) {
  const events = inbox<unknown>();
  const operation = client.subscribeToComponentUpdates({});
  operation.on("message", events.put);
  await within(operation.activate(), "activate");
  return events;
}

describe.each(FLAVOURS)("a deployment on %s", (flavour) => {
  it("merges, adds new defaults and leaves existing values", async () => {
    const configuration = { kept: "mine", lists: { a: [1] } };
    const nucleus = await someNucleus(flavour, { monitor: { configuration, accessControl: {} } });
    const result = await nucleus.deploy(COMPONENT, {
      id: "d-1",
      version: "1.3.0",
      defaultConfiguration: { kept: "default", added: true, accessControl: { s: { p: { operations: ["*"] } } } },
      configuration: { lists: { b: [2] } },
    });
    expect(result).toEqual({ id: "d-1", status: "SUCCEEDED" });
    expect(nucleus.versionOf(COMPONENT)).toBe("1.3.0");
    expect(nucleus.configurationOf(COMPONENT)).toEqual({
      kept: "mine",
      added: true,
      lists: { a: [1], b: [2] },
      accessControl: { s: { p: { operations: ["*"] } } },
    });
  });

  it("replaces older defaults on lite only, and never what was merged", async () => {
    const monitor = { defaultConfiguration: { a: "old", b: "old" }, configuration: { b: "mine" }, accessControl: {} };
    const nucleus = await someNucleus(flavour, { monitor });
    for (const a of ["new", "newest"])
      await nucleus.deploy(COMPONENT, { defaultConfiguration: { a, b: a, c: { d: a } } });
    expect(nucleus.configurationOf(COMPONENT)).toEqual({
      a: flavour === "lite" ? "newest" : "old",
      b: "mine",
      c: { d: flavour === "lite" ? "newest" : "new" },
      accessControl: {},
    });
  });

  it("fails on lite at a list of more than 1,024 bytes, with what was written before it", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { a: 1 }, accessControl: {} } });
    const restarts: string[] = [];
    nucleus.onRestartRequest(COMPONENT, (reason) => restarts.push(reason));
    const fits = ["x".repeat(1_020)];
    const tooLong = ["x".repeat(1_021)];

    const good = await nucleus.deploy(COMPONENT, { id: "1", configuration: { b: fits, map: { c: fits, d: fits } } });
    const bad = await nucleus.deploy(COMPONENT, { id: "2", configuration: { e: 1, f: { g: tooLong }, h: 1 } });

    expect(good).toEqual({ id: "1", status: "SUCCEEDED" });
    expect(bad).toEqual(
      flavour === "classic"
        ? { id: "2", status: "SUCCEEDED" }
        : { id: "2", status: "FAILED", reason: `Failed to apply merge configuration update for ${COMPONENT}.` },
    );
    const after = { a: 1, b: fits, map: { c: fits, d: fits }, e: 1, accessControl: {} };
    expect(nucleus.configurationOf(COMPONENT)).toEqual(
      flavour === "classic" ? { ...after, f: { g: tooLong }, h: 1 } : { ...after, f: {} },
    );
    expect(restarts).toEqual(flavour === "classic" ? [] : ["a deployment changed its configuration"]);
  });

  it("fails on lite at a default of more than 1,024 bytes", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { a: 1 } } });
    const { status } = await nucleus.deploy(COMPONENT, { defaultConfiguration: { long: "x".repeat(1_023) } });
    expect(status).toBe(flavour === "classic" ? "SUCCEEDED" : "FAILED");
  });

  it("brings the new default where the old value is reset", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { "a/b": 1, c: 1 }, accessControl: {} } });
    await nucleus.deploy(COMPONENT, { reset: ["/a~1b", "/accessControl"], defaultConfiguration: { "a/b": 2, c: 2 } });
    expect(nucleus.configurationOf(COMPONENT)).toEqual({ "a/b": 2, c: 1 });
  });

  it("changes the policies of a running component", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { accessControl: {} } });
    const client = await connected(nucleus);
    const publish = () => client.publishToTopic({ topic: "new", publishMessage: { jsonMessage: { message: {} } } });
    expect((await failureOf(publish())).code).toBe("UnauthorizedError");
    const policy = { operations: ["aws.greengrass#PublishToTopic"], resources: ["new"] };
    await nucleus.deploy(COMPONENT, {
      configuration: { accessControl: { "aws.greengrass.ipc.pubsub": { "new:1": policy } } },
    });
    await within(publish(), "publish");
  });

  it("asks for a restart where the runtime restarts the component", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { a: 1 } } });
    const reasons: string[] = [];
    nucleus.onRestartRequest(COMPONENT, (reason) => reasons.push(reason));
    await nucleus.deploy(COMPONENT, { configuration: { a: 1 } });
    await nucleus.deploy(COMPONENT, { reset: ["/b"] });
    expect(reasons).toEqual(flavour === "lite" ? Array(2).fill("a deployment changed its configuration") : []);
    // As `ggl-cli deploy` does with an altered recipe, and CreateLocalDeployment with a configuration.
    await nucleus.deploy(COMPONENT, { defaultConfiguration: { b: 1 }, local: true });
    await nucleus.deploy(COMPONENT, { configuration: { a: 2 }, local: true });
    await nucleus.deploy(COMPONENT, { version: "9.0.0" });
    expect(reasons.slice(flavour === "lite" ? 2 : 0)).toEqual(["version 9.0.0 was deployed"]);
  });

  it("installs a new component", async () => {
    const nucleus = await someNucleus(flavour);
    await nucleus.deploy("com.example.New", { version: "2.0.0", configuration: { a: 1 } });
    const client = await connected(nucleus, "com.example.New");
    expect((await client.getConfiguration({ keyPath: ["a"] })).value).toEqual({ a: 1 });
  });

  it("that removes a component ends its connections and its token", async () => {
    const nucleus = await someNucleus(flavour, { components: [{ name: "com.example.Other" }] });
    const client = await connected(nucleus, "com.example.Other");
    const token = nucleus.environmentOf("com.example.Other").SVCUID ?? "";
    const gone = new Promise<void>((resolve) => client.on("disconnection", () => resolve()));
    nucleus.remove("com.example.Other");
    await within(gone, "disconnection");
    expect(nucleus.componentOfToken(token)).toBeNull();
  });
});

describe("validation of a configuration on classic", () => {
  it("shows the whole new configuration and continues when it is accepted", async () => {
    const nucleus = await someNucleus("classic", { monitor: { configuration: { a: 1, b: 1 }, accessControl: {} } });
    const { asked, answer } = await validating(await connected(nucleus));
    const deployed = nucleus.deploy(COMPONENT, { id: "d", configuration: { a: 2 } });
    expect(await asked.next()).toEqual({ deploymentId: "d", configuration: { a: 2, b: 1, accessControl: {} } });
    expect(nucleus.configurationOf(COMPONENT)).toMatchObject({ a: 1 });
    await answer("d", "ACCEPTED");
    expect(await within(deployed, "deployment")).toEqual({ id: "d", status: "SUCCEEDED" });
    expect(nucleus.configurationOf(COMPONENT)).toMatchObject({ a: 2 });
  });

  it("changes nothing when it is rejected", async () => {
    const nucleus = await someNucleus("classic", { monitor: { configuration: { a: 1 } } });
    const { asked, answer } = await validating(await connected(nucleus));
    const deployed = nucleus.deploy(COMPONENT, { id: "d", configuration: { a: 2 }, version: "7.0.0" });
    await asked.next();
    await answer("d", "REJECTED", "a must be 1");
    expect(await within(deployed, "deployment")).toEqual({
      id: "d",
      status: "FAILED_NO_STATE_CHANGE",
      reason: `Component ${COMPONENT} did not accept its configuration: a must be 1`,
    });
    expect([nucleus.versionOf(COMPONENT), nucleus.configurationOf(COMPONENT)]).toMatchObject(["1.2.3", { a: 1 }]);
  });

  it("fails when there is no answer in time, and accepts none later", async () => {
    const nucleus = await someNucleus("classic", { monitor: { configuration: { a: 1 } }, validationLimitMs: 20 });
    const { asked, answer } = await validating(await connected(nucleus));
    const deployed = nucleus.deploy(COMPONENT, { id: "d", configuration: { a: 2 } });
    await asked.next();
    expect(await within(deployed, "deployment")).toMatchObject({ status: "FAILED_NO_STATE_CHANGE" });
    expect(await failureOf(answer("d", "ACCEPTED"))).toEqual({
      code: "InvalidArgumentsError",
      text: "Validation request either timed out or was never made",
    });
  });

  it("does not take place when nothing changes", async () => {
    const nucleus = await someNucleus("classic", { monitor: { configuration: { a: 1 } } });
    await validating(await connected(nucleus));
    expect((await within(nucleus.deploy(COMPONENT, { configuration: { a: 1 } }), "deployment")).status).toBe(
      "SUCCEEDED",
    );
  });
});

describe("component updates on classic", () => {
  it("wait for the subscriber's consent and report their end to it", async () => {
    const nucleus = await someNucleus("classic", { monitor: { configuration: { a: 1 } } });
    const client = await connected(nucleus);
    const events = await listening(client);
    const deployed = nucleus.deploy(COMPONENT, { id: "d", configuration: { a: 2 } });
    expect(await events.next()).toEqual({ preUpdateEvent: { deploymentId: "d", isGgcRestarting: false } });
    expect(nucleus.configurationOf(COMPONENT)).toMatchObject({ a: 1 });
    await client.deferComponentUpdate({ deploymentId: "d", recheckAfterMs: 0 });
    await within(deployed, "deployment");
    expect(await events.next()).toEqual({ postUpdateEvent: { deploymentId: "d" } });
  });

  it("ask again when they were deferred", async () => {
    const nucleus = await someNucleus("classic");
    const client = await connected(nucleus);
    const events = await listening(client);
    const deployed = nucleus.deploy(COMPONENT, { id: "d" });
    await events.next();
    await client.deferComponentUpdate({ deploymentId: "d", recheckAfterMs: 5 });
    expect(await events.next()).toMatchObject({ preUpdateEvent: { deploymentId: "d" } });
    await client.deferComponentUpdate({ deploymentId: "d", recheckAfterMs: 0 });
    await within(deployed, "deployment");
  });

  it("go on after the time limit when the subscriber is silent", async () => {
    const nucleus = await someNucleus("classic", { updateLimitMs: 20 });
    const client = await connected(nucleus);
    await listening(client);
    expect((await within(nucleus.deploy(COMPONENT, { id: "d" }), "deployment")).status).toBe("SUCCEEDED");
    expect(await failureOf(client.deferComponentUpdate({ deploymentId: "d" }))).toEqual({
      code: "ServiceError",
      text: "Time limit to respond to PreComponentUpdateEvent exceeded",
    });
  });

  it("are not announced for a local deployment", async () => {
    const nucleus = await someNucleus("classic");
    const events = await listening(await connected(nucleus));
    await within(nucleus.deploy(COMPONENT, { local: true }), "deployment");
    await connected(nucleus);
    expect(events.waiting).toEqual([]);
  });

  it("cannot be deferred without a subscription", async () => {
    const client = await connected(await someNucleus("classic"));
    expect((await failureOf(client.deferComponentUpdate({ deploymentId: "d" }))).code).toBe("InvalidArgumentsError");
  });
});

describe("what lite lacks", () => {
  it.each([
    ["getComponentDetails", (c: Client) => c.getComponentDetails({ componentName: COMPONENT })],
    ["listComponents", (c: Client) => c.listComponents({})],
    ["getThingShadow", (c: Client) => c.getThingShadow({ thingName: "lab-thing" })],
    ["deferComponentUpdate", (c: Client) => c.deferComponentUpdate({ deploymentId: "d" })],
    ["subscribeToComponentUpdates", (c: Client) => c.subscribeToComponentUpdates({}).activate()],
    [
      "subscribeToValidateConfigurationUpdates",
      (c: Client) => c.subscribeToValidateConfigurationUpdates({}).activate(),
    ],
    ["getSecretValue", (c: Client) => c.getSecretValue({ secretId: "s" })],
  ])("is a service error without text: %s", async (_, call) => {
    const components = [{ name: "aws.greengrass.Cli" }, { name: "aws.greengrass.ShadowManager" }];
    const client = await connected(await someNucleus("lite", { components }));
    expect(await failureOf(call(client))).toEqual({ code: "ServiceError", text: "" });
  });
});
