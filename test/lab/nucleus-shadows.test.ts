import { describe, expect, it } from "vitest";
import { type Client, cleanUpAfterEach, connected, failureOf, inbox, someNucleus, within } from "./lab-parts.js";

cleanUpAfterEach();

const NOW = 1_700_000_000_500;
const address = { thingName: "lab-thing", shadowName: "monitor" };

async function someShadows() {
  const nucleus = await someNucleus("classic", {
    components: [{ name: "aws.greengrass.ShadowManager" }],
    now: () => NOW,
  });
  return { nucleus, client: await connected(nucleus) };
}

const parsed = (payload: unknown) => JSON.parse(String(payload));
const update = async (client: Client, document: unknown, to = address) =>
  parsed((await within(client.updateThingShadow({ ...to, payload: JSON.stringify(document) }), "update")).payload);
const get = async (client: Client) => parsed((await within(client.getThingShadow(address), "get")).payload);

describe("a shadow", () => {
  it("is made, merged, read with its delta and deleted", async () => {
    const { client } = await someShadows();
    const at = { timestamp: 1_700_000_000 };
    expect(await update(client, { state: { reported: { a: 1, b: { c: 1 } } }, clientToken: "t" })).toEqual({
      state: { reported: { a: 1, b: { c: 1 } } },
      metadata: { reported: { a: at, b: { c: at } } },
      version: 1,
      timestamp: 1_700_000_000,
      clientToken: "t",
    });
    await update(client, { state: { desired: { a: 2, b: { c: 1 } }, reported: { b: { d: 1 }, a: 1 } }, version: 1 });
    await update(client, { state: { reported: { b: { c: null } } } });
    expect(await get(client)).toEqual({
      state: { desired: { a: 2, b: { c: 1 } }, reported: { a: 1, b: { d: 1 } }, delta: { a: 2, b: { c: 1 } } },
      metadata: { desired: { a: at, b: { c: at } }, reported: { a: at, b: { d: at } } },
      version: 3,
      timestamp: 1_700_000_000,
    });
    expect(parsed((await client.deleteThingShadow(address)).payload)).toEqual({ version: 3, timestamp: 1_700_000_000 });
    expect(await failureOf(client.getThingShadow(address))).toEqual({
      code: "ResourceNotFoundError",
      text: "No shadow found",
    });
    expect((await update(client, { state: { reported: {} } })).version).toBe(1);
  });

  it("refuses a stale version", async () => {
    const { client } = await someShadows();
    await update(client, { state: { reported: { a: 1 } } });
    await update(client, { state: { reported: { a: 2 } }, version: 1 });
    const stale = client.updateThingShadow({
      ...address,
      payload: JSON.stringify({ state: { reported: { a: 3 } }, version: 1 }),
    });
    expect(await failureOf(stale)).toEqual({ code: "ConflictError", text: "Version conflict" });
    expect((await get(client)).state).toEqual({ reported: { a: 2 } });
  });

  it("holds 8,192 bytes of state and no more", async () => {
    const { client } = await someShadows();
    const filled = (bytes: number) => ({ state: { reported: { a: "x".repeat(bytes - '{"a":""}'.length) } } });
    await update(client, filled(8_192));
    const big = client.updateThingShadow({ ...address, payload: JSON.stringify(filled(8_193)) });
    expect(await failureOf(big)).toEqual({
      code: "InvalidArgumentsError",
      text: "The payload exceeds the maximum size allowed",
    });
  });

  it.each([
    ["no payload", ""],
    ["a payload that is no JSON", "{"],
    ["no state", "{}"],
    ["a state that is no object", '{"state":5}'],
    ["reported that is no object", '{"state":{"reported":5}}'],
    ["a first version that is not 1", '{"state":{"reported":{}},"version":5}'],
    ["seven levels", '{"state":{"reported":{"2":{"3":{"4":{"5":{"6":{"7":1}}}}}}}}'],
  ])("refuses %s", async (_, payload) => {
    const { client } = await someShadows();
    const failure = await failureOf(client.updateThingShadow({ ...address, payload: Buffer.from(payload) }));
    expect(failure.code).toBe("InvalidArgumentsError");
  });

  it("is refused where no policy names it, and by a name with a dot", async () => {
    const { client } = await someShadows();
    expect((await failureOf(client.getThingShadow({ thingName: "lab-thing", shadowName: "other" }))).code).toBe(
      "UnauthorizedError",
    );
    expect((await failureOf(client.getThingShadow({ thingName: "lab-thing", shadowName: "a.b" }))).code).toBe(
      "InvalidArgumentsError",
    );
  });

  it("is published on local topics, with the desired state from the cloud", async () => {
    const { nucleus, client } = await someShadows();
    const topics = inbox<string>();
    const operation = client.subscribeToTopic({ topic: "$aws/things/lab-thing/shadow/name/monitor/#" });
    operation.on("message", ({ binaryMessage }) =>
      topics.put(`${binaryMessage?.context?.topic?.split("monitor/")[1]} ${binaryMessage?.message}`),
    );
    await operation.activate();
    nucleus.shadows.update(address, { state: { desired: { mode: "quiet" } } });
    expect(await topics.next()).toMatch(/^update\/accepted .*"desired":\{"mode":"quiet"\}/);
    expect(await topics.next()).toMatch(/^update\/delta .*"state":\{"mode":"quiet"\}/);
    expect(await topics.next()).toMatch(/^update\/documents .*"previous":null/);
  });
});

describe("ListNamedShadowsForThing", () => {
  it("returns the names by pages", async () => {
    const { nucleus, client } = await someShadows();
    for (const shadowName of ["c", "a", "b"]) {
      nucleus.shadows.update({ thingName: "lab-thing", shadowName }, { state: { reported: {} } });
    }
    nucleus.shadows.update({ thingName: "lab-thing", shadowName: "" }, { state: { reported: {} } });
    const first = await client.listNamedShadowsForThing({ thingName: "lab-thing", pageSize: 2 });
    expect([first.results, first.timestamp]).toEqual([["a", "b"], new Date(NOW)]);
    const second = await client.listNamedShadowsForThing({
      thingName: "lab-thing",
      pageSize: 2,
      nextToken: first.nextToken ?? "",
    });
    expect([second.results, second.nextToken]).toEqual([["c"], undefined]);
  });
});
