// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Greengrass's own escapes.
import { describe, expect, it } from "vitest";
import {
  ACCESS_CONTROL,
  type Client,
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
const other = { name: OTHER, accessControl: ACCESS_CONTROL };

async function subscribed(client: Client, topic: string, receiveMode?: string) {
  const messages = inbox<unknown>();
  const request = receiveMode === undefined ? { topic } : { topic, receiveMode: receiveMode as never };
  const operation = client.subscribeToTopic(request);
  operation.on("message", (event) => messages.put(event));
  await within(operation.activate(), "activate");
  return { operation, messages };
}

const json = (message: unknown) => ({ publishMessage: { jsonMessage: { message } } });

describe.each(FLAVOURS)("local topics on %s", (flavour) => {
  it("carry JSON and bytes to other components, with the topic", async () => {
    const nucleus = await someNucleus(flavour, { components: [other] });
    const [one, two] = [await connected(nucleus), await connected(nucleus, OTHER)];
    const { messages } = await subscribed(two, "local/+/x");

    await one.publishToTopic({ topic: "local/a/x", ...json({ n: 1.5, list: [null, "é"] }) });
    await one.publishToTopic({
      topic: "local/b/x",
      publishMessage: { binaryMessage: { message: Buffer.from([0, 255]) } },
    });

    expect([await messages.next(), await messages.next()]).toEqual([
      { jsonMessage: { message: { n: 1.5, list: [null, "é"] }, context: { topic: "local/a/x" } } },
      { binaryMessage: { message: Buffer.from([0, 255]), context: { topic: "local/b/x" } } },
    ]);
  });

  it("succeed without subscribers", async () => {
    const client = await connected(await someNucleus(flavour));
    await within(client.publishToTopic({ topic: "local/none", ...json({}) }), "publish");
  });

  it("deliver nothing after the subscription is closed", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    const first = await subscribed(client, "local/x");
    const second = await subscribed(client, "local/x");
    await first.operation.close();
    await client.publishToTopic({ topic: "local/x", ...json({}) });
    await second.messages.next();
    expect(first.messages.waiting).toEqual([]);
  });

  it("are refused where no policy covers the topic, with the filter's own text", async () => {
    const client = await connected(await someNucleus(flavour));
    expect((await failureOf(client.publishToTopic({ topic: "other", ...json({}) }))).code).toBe("UnauthorizedError");
    expect((await failureOf(client.subscribeToTopic({ topic: "#" }).activate())).code).toBe("UnauthorizedError");
  });
});

describe("local topics on classic", () => {
  it("come back to their own component unless the mode or a wildcard says otherwise", async () => {
    const nucleus = await someNucleus("classic");
    const client = await connected(nucleus);
    const plain = await subscribed(client, "local/x");
    const wildcard = await subscribed(client, "local/#");
    const others = await subscribed(client, "local/x", "RECEIVE_MESSAGES_FROM_OTHERS");
    const all = await subscribed(client, "local/+", "RECEIVE_ALL_MESSAGES");
    await client.publishToTopic({ topic: "local/x", ...json({ a: 1 }) });
    await plain.messages.next();
    await all.messages.next();
    expect([wildcard.messages.waiting, others.messages.waiting]).toEqual([[], []]);
  });

  it("refuse wildcards in a publish and JSON that is not an object", async () => {
    const client = await connected(await someNucleus("classic"));
    const failure = await failureOf(client.publishToTopic({ topic: "local/*", ...json({}) }));
    // InvalidArgumentsError is not in the client's model of this operation.
    expect(failure).toMatchObject({ code: "unmodelled", text: expect.stringContaining("InvalidArgumentsError") });
    const scalar = await failureOf(client.publishToTopic({ topic: "local/x", ...json(5) }));
    expect(scalar.text).toContain("InternalServerError");
  });
});

describe("local topics on lite", () => {
  it("come back to their own component in every mode, and may be scalars", async () => {
    const client = await connected(await someNucleus("lite"));
    const others = await subscribed(client, "local/x", "RECEIVE_MESSAGES_FROM_OTHERS");
    await client.publishToTopic({ topic: "local/x", ...json(5) });
    expect(await others.messages.next()).toEqual({ jsonMessage: { message: 5, context: { topic: "local/x" } } });
  });
});

describe("recipe variables in a policy", () => {
  const accessControl = {
    "aws.greengrass.ipc.pubsub": {
      "m:1": {
        operations: ["*"],
        resources: ["a/{iot:thingName}/${*}", "b/{configuration:/area}", "c/{no:such}", "d/{kernel:rootPath}"],
      },
    },
  };
  const monitor = { accessControl, configuration: { area: "north" } };
  const topics = ["a/lab-thing/*", "b/north", "c/{no:such}", "a/{iot:thingName}/*"];

  async function granted(flavour: "classic" | "lite", interpolateComponentConfiguration: boolean): Promise<string[]> {
    const nucleus = await someNucleus(flavour, { monitor, interpolateComponentConfiguration });
    const client = await connected(nucleus);
    const tried = topics.map((topic) => client.subscribeToTopic({ topic }).activate());
    const results = await within(Promise.allSettled(tried), "subscribing");
    return topics.filter((_, i) => results[i]?.status === "fulfilled");
  }

  it("are literal on classic without the nucleus's option", async () => {
    expect(await granted("classic", false)).toEqual(["c/{no:such}", "a/{iot:thingName}/*"]);
  });

  it("are replaced on classic with it, except the configuration", async () => {
    expect(await granted("classic", true)).toEqual(["a/lab-thing/*", "c/{no:such}"]);
  });

  it("are always replaced on lite, and grant nothing when they cannot be resolved", async () => {
    expect(await granted("lite", false)).toEqual(["a/lab-thing/*", "b/north"]);
  });
});
