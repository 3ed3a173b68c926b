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

const OTHER = "com.example.Other";
const NONE = { name: "com.example.None" };

async function watching(client: Client, request: { keyPath: string[]; componentName?: string }) {
  const paths = inbox<string>();
  const operation = client.subscribeToConfigurationUpdate(request);
  operation.on("message", ({ configurationUpdateEvent: event }) =>
    paths.put(`${event?.componentName}: ${event?.keyPath.join("/")}`),
  );
  await within(operation.activate(), "activate");
  return { operation, paths };
}

/** A time that is not on a whole second: the client would write an integer. */
const timeMs = (ms: number) => new Date(Math.floor(ms / 1000) * 1000 + 7);

describe.each(FLAVOURS)("GetConfiguration on %s", (flavour) => {
  const configuration = { port: 8883, on: true, deep: { leaf: "x", list: [1, { a: 2 }] } };

  it.each([
    ["a leaf", ["port"], { port: 8883 }],
    ["a leaf further down", ["deep", "leaf"], { leaf: "x" }],
    ["a list", ["deep", "list"], { list: [1, { a: 2 }] }],
    ["a map", ["deep"], { leaf: "x", list: [1, { a: 2 }] }],
    ["all", [], configuration],
  ])("returns %s", async (_, keyPath, value) => {
    const client = await connected(await someNucleus(flavour, { components: [{ name: OTHER, configuration }] }));
    const answer = await client.getConfiguration({ componentName: OTHER, keyPath });
    expect(answer).toEqual({ componentName: OTHER, value });
  });

  it("does not find a missing key, component or configuration", async () => {
    const client = await connected(await someNucleus(flavour, { components: [NONE] }));
    const text = flavour === "lite" ? "Key not found." : "Key not found";
    for (const request of [
      { keyPath: ["no"] },
      { keyPath: [], componentName: "com.example.Missing" },
      { keyPath: [], componentName: NONE.name },
    ]) {
      expect(await failureOf(client.getConfiguration(request))).toEqual({ code: "ResourceNotFoundError", text });
    }
  });

  it("shows the component its own policies", async () => {
    const nucleus = await someNucleus(flavour, {
      monitor: { accessControl: { service: { id: { operations: ["*"] } } } },
    });
    const client = await connected(nucleus);
    const answer = await client.getConfiguration({ keyPath: ["accessControl"] });
    expect(answer.value).toEqual({ service: { id: { operations: ["*"] } } });
  });

  it("reads the nucleus's own configuration by its classic name", async () => {
    const client = await connected(await someNucleus(flavour, { region: "us-east-1" }));
    const answer = await client.getConfiguration({ componentName: "aws.greengrass.Nucleus", keyPath: ["awsRegion"] });
    expect(answer).toEqual({ componentName: "aws.greengrass.Nucleus", value: { awsRegion: "us-east-1" } });
  });
});

describe("keys", () => {
  it("are found in any case on classic", async () => {
    const client = await connected(await someNucleus("classic", { monitor: { configuration: { Port: 1 } } }));
    expect((await client.getConfiguration({ keyPath: ["pORT"] })).value).toEqual({ Port: 1 });
  });

  it("are found as written on lite", async () => {
    const client = await connected(await someNucleus("lite", { monitor: { configuration: { Port: 1 } } }));
    expect((await failureOf(client.getConfiguration({ keyPath: ["port"] }))).code).toBe("ResourceNotFoundError");
  });
});

describe.each(FLAVOURS)("UpdateConfiguration on %s", (flavour) => {
  it("merges maps and replaces lists", async () => {
    const configuration = { a: { x: 1, y: 2 }, list: [1, 2] };
    const nucleus = await someNucleus(flavour, { monitor: { configuration, accessControl: {} } });
    const client = await connected(nucleus);
    const timestamp = timeMs(Date.now());
    await client.updateConfiguration({ keyPath: [], timestamp, valueToMerge: { a: { y: 3, z: 4 }, list: [3] } });
    await client.updateConfiguration({ keyPath: ["new", "deep"], timestamp, valueToMerge: { q: true } });
    const value = { a: { x: 1, y: 3, z: 4 }, list: [3], new: { deep: { q: true } }, accessControl: {} };
    expect(nucleus.configurationOf(COMPONENT)).toEqual(value);
  });

  it("never touches accessControl", async () => {
    const client = await connected(await someNucleus(flavour));
    const timestamp = timeMs(Date.now());
    const attempts = [
      client.updateConfiguration({ keyPath: [], timestamp, valueToMerge: { accessControl: {} } }),
      client.updateConfiguration({ keyPath: ["accessControl", "x"], timestamp, valueToMerge: { a: 1 } }),
    ];
    for (const attempt of attempts) expect((await failureOf(attempt)).code).toBe("InvalidArgumentsError");
  });
});

describe("the timestamp of UpdateConfiguration", () => {
  it("must not be older than the stored value on classic", async () => {
    const nucleus = await someNucleus("classic", { monitor: { configuration: { a: 1 } } });
    const client = await connected(nucleus);
    nucleus.setConfiguration(COMPONENT, { a: 2 });
    const update = client.updateConfiguration({ keyPath: [], timestamp: timeMs(1_000_000), valueToMerge: { a: 3 } });
    expect((await failureOf(update)).code).toBe("FailedUpdateConditionCheckError");
    expect(nucleus.configurationOf(COMPONENT)).toMatchObject({ a: 2 });
  });

  it("makes lite ignore an older update", async () => {
    const nucleus = await someNucleus("lite", { monitor: { configuration: { a: 1 } } });
    const client = await connected(nucleus);
    nucleus.setConfiguration(COMPONENT, { a: 2 });
    await client.updateConfiguration({ keyPath: [], timestamp: timeMs(1_000_000), valueToMerge: { a: 3 } });
    expect(nucleus.configurationOf(COMPONENT)).toMatchObject({ a: 2 });
  });

  it("must not be on a whole second on lite", async () => {
    const client = await connected(await someNucleus("lite"));
    const whole = new Date(1_900_000_000_000);
    const valueToMerge = { timestamp: 1.5 };
    expect(await failureOf(client.updateConfiguration({ keyPath: [], timestamp: whole, valueToMerge }))).toEqual({
      code: "InvalidArgumentsError",
      text: "Received invalid parameters.",
    });
    await client.updateConfiguration({ keyPath: [], timestamp: new Date(1_900_000_000_001), valueToMerge });
  });

  it("may be on a whole second on classic", async () => {
    const client = await connected(await someNucleus("classic"));
    await client.updateConfiguration({ keyPath: [], timestamp: new Date(1_900_000_000_000), valueToMerge: { a: 1 } });
  });
});

describe("a list of more than 1,024 bytes", () => {
  it.each([
    ["classic", null],
    ["lite", { code: "ServiceError", text: "Failed to update the configuration." }],
  ] as const)("in UpdateConfiguration on %s", async (flavour, failure) => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    const update = client.updateConfiguration({
      keyPath: [],
      timestamp: timeMs(1_000_000_500_000.5),
      valueToMerge: { jobs: ["x".repeat(1_021)] },
    });
    if (failure === null) await within(update, "the update");
    else expect(await failureOf(update)).toEqual(failure);
  });
});

describe("a map in a leaf's place", () => {
  it("replaces it on classic", async () => {
    const nucleus = await someNucleus("classic", { monitor: { configuration: { a: 1 }, accessControl: {} } });
    const client = await connected(nucleus);
    await client.updateConfiguration({ keyPath: [], timestamp: timeMs(Date.now()), valueToMerge: { a: { b: 1 } } });
    expect(nucleus.configurationOf(COMPONENT)).toEqual({ a: { b: 1 }, accessControl: {} });
  });

  it("is refused on lite", async () => {
    const client = await connected(await someNucleus("lite", { monitor: { configuration: { a: 1 } } }));
    const update = client.updateConfiguration({
      keyPath: [],
      timestamp: timeMs(Date.now()),
      valueToMerge: { a: { b: 1 } },
    });
    expect(await failureOf(update)).toEqual({ code: "ServiceError", text: "Failed to update the configuration." });
  });
});

describe.each(FLAVOURS)("SubscribeToConfigurationUpdate on %s", (flavour) => {
  const configuration = { a: 1, m: { x: 1, y: 1, z: 1 }, list: [1] };

  it("sends one event for each changed leaf, and none for an unchanged one", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration } });
    const { paths } = await watching(await connected(nucleus), { keyPath: [] });
    nucleus.setConfiguration(COMPONENT, { a: 1, m: { x: 2, y: 2, z: 1 }, list: [1, 2], more: { k: "v" } });
    const told = [await paths.next(), await paths.next(), await paths.next(), await paths.next()];
    expect(told.sort()).toEqual(["list", "m/x", "m/y", "more/k"].map((path) => `${COMPONENT}: ${path}`));
    expect(paths.waiting).toEqual([]);
  });

  it("sends changes below the path only, also of another component", async () => {
    const nucleus = await someNucleus(flavour, { components: [{ name: OTHER, configuration }] });
    const { paths } = await watching(await connected(nucleus), { componentName: OTHER, keyPath: ["m"] });
    nucleus.setConfiguration(OTHER, { a: 2 });
    nucleus.setConfiguration(OTHER, { m: { x: 2 } });
    expect(await paths.next()).toBe(`${OTHER}: m/x`);
  });

  it("sends removals by a deployment's reset", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration } });
    const { paths } = await watching(await connected(nucleus), { keyPath: [] });
    await nucleus.deploy(COMPONENT, { reset: ["/a"] });
    expect(await paths.next()).toBe(`${COMPONENT}: a`);
  });

  it("refuses a path that does not exist", async () => {
    const client = await connected(await someNucleus(flavour, { monitor: { configuration } }));
    const operation = client.subscribeToConfigurationUpdate({ keyPath: ["nope"] });
    expect(await failureOf(operation.activate())).toEqual({ code: "ResourceNotFoundError", text: "Key not found" });
  });

  it("sends nothing once closed", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration } });
    const client = await connected(nucleus);
    const [first, second] = [await watching(client, { keyPath: [] }), await watching(client, { keyPath: [] })];
    await first.operation.close();
    await client.updateState({ state: "RUNNING" as never });
    nucleus.setConfiguration(COMPONENT, { a: 9 });
    await second.paths.next();
    expect(first.paths.waiting).toEqual([]);
  });
});
