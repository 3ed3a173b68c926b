import { describe, expect, it } from "vitest";
import { COMPONENT, cleanUpAfterEach, connected, failureOf, someNucleus, within } from "./lab-parts.js";

cleanUpAfterEach();

const CLI = { name: "aws.greengrass.Cli", version: "2.17.0" };
const MODEL = {
  name: "com.example.Model",
  version: "2.0.1",
  state: "BROKEN" as const,
  configuration: { Socket: "unix:///tmp/s" },
};

describe("GetComponentDetails", () => {
  it("returns version, state and configuration of a component", async () => {
    const client = await connected(await someNucleus("classic", { components: [CLI, MODEL] }));
    expect(await client.getComponentDetails({ componentName: MODEL.name })).toEqual({
      componentDetails: {
        componentName: MODEL.name,
        version: "2.0.1",
        state: "BROKEN",
        configuration: { Socket: "unix:///tmp/s" },
      },
    });
  });

  it("does not find a component that is not deployed", async () => {
    const client = await connected(await someNucleus("classic", { components: [CLI] }));
    expect(await failureOf(client.getComponentDetails({ componentName: "com.example.Gone" }))).toEqual({
      code: "ResourceNotFoundError",
      text: "Component with name com.example.Gone not found in Greengrass",
    });
  });

  it("is not supported where aws.greengrass.Cli is not deployed", async () => {
    const client = await connected(await someNucleus("classic", { components: [MODEL] }));
    expect(await failureOf(client.getComponentDetails({ componentName: MODEL.name }))).toEqual({
      code: "ServiceError",
      text: "Operation aws.greengrass#GetComponentDetails is not supported by Greengrass",
    });
  });

  it("is refused with a shape that the client does not model", async () => {
    const client = await connected(await someNucleus("classic", { components: [CLI, MODEL] }));
    expect(await failureOf(client.getComponentDetails({ componentName: "aws.greengrass.Cli" }))).toEqual({
      code: "unmodelled",
      text: expect.stringContaining("Unexpected response shape received: 'aws.greengrass#UnauthorizedError'"),
    });
  });
});

describe("ListComponents", () => {
  const allowed = (resource: string) => ({
    accessControl: {
      "aws.greengrass.Cli": { "a:1": { operations: ["aws.greengrass#ListComponents"], resources: [resource] } },
    },
  });

  it("lists all with a policy for exactly *", async () => {
    const client = await connected(await someNucleus("classic", { components: [CLI, MODEL], monitor: allowed("*") }));
    const { components } = await client.listComponents({});
    expect(components?.map(({ componentName }) => componentName)).toEqual([
      "aws.greengrass.Nucleus",
      COMPONENT,
      CLI.name,
      MODEL.name,
    ]);
  });

  it("is refused with any other resource", async () => {
    const client = await connected(await someNucleus("classic", { components: [CLI], monitor: allowed("com.*") }));
    expect((await failureOf(client.listComponents({}))).text).toContain("UnauthorizedError");
  });
});

describe("UpdateState", () => {
  it("ends STARTING and is ignored otherwise", async () => {
    const nucleus = await someNucleus("classic", { monitor: { state: "STARTING" } });
    const client = await connected(nucleus);
    await client.updateState({ state: "RUNNING" as never });
    await client.updateState({ state: "RUNNING" as never });
    expect(nucleus.states.all).toEqual([{ component: COMPONENT, state: "RUNNING" }]);
  });

  it("restarts an ERRORED component on classic", async () => {
    const nucleus = await someNucleus("classic");
    const restarted = new Promise<string>((resolve) => nucleus.onRestartRequest(COMPONENT, resolve));
    const client = await connected(nucleus);
    await client.updateState({ state: "ERRORED" as never });
    expect(await within(restarted, "restart")).toBe("the component reported ERRORED");
    expect(nucleus.stateOf(COMPONENT)).toBe("ERRORED");
  });

  it("leaves ERRORED as it is on lite", async () => {
    const nucleus = await someNucleus("lite");
    const client = await connected(nucleus);
    await client.updateState({ state: "ERRORED" as never });
    expect(nucleus.states.all).toEqual([]);
  });
});

describe("environmentOf", () => {
  it("contains a component's variables, with one secret under two names", async () => {
    const nucleus = await someNucleus("classic", {
      thingName: "thing-1",
      region: "us-west-2",
      credentialsUri: "http://localhost:1/c",
    });
    const environment = nucleus.environmentOf(COMPONENT);
    const token = environment.SVCUID;
    expect(token).toMatch(/^[0-9A-Z]{16}$/);
    expect(environment).toEqual({
      AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: `${nucleus.rootFolder}/ipc.socket`,
      SVCUID: token,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://localhost:1/c",
      AWS_IOT_THING_NAME: "thing-1",
      AWS_REGION: "us-west-2",
      AWS_DEFAULT_REGION: "us-west-2",
      GGC_VERSION: "2.17.0",
      GG_ROOT_CA_PATH: `${nucleus.rootFolder}/rootCA.pem`,
    });
    expect(nucleus.componentOfToken(token ?? "")).toBe(COMPONENT);
  });

  it("contains lite's socket and a token of 16 base64 characters", async () => {
    const nucleus = await someNucleus("lite");
    const environment = nucleus.environmentOf(COMPONENT);
    expect(environment.AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT).toBe(`${nucleus.rootFolder}/gg-ipc.socket`);
    expect(environment.SVCUID).toMatch(/^[0-9A-Za-z+/]{16}$/);
  });

  it("names a component that is not deployed", async () => {
    const nucleus = await someNucleus("lite");
    expect(() => nucleus.environmentOf("no")).toThrow('Component "no" is not deployed');
  });
});
