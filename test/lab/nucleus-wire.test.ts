import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frame } from "../../src/lab/frames.js";
import { COMPONENT, cleanUpAfterEach, connected, FLAVOURS, someNucleus, within } from "./lab-parts.js";
import { bytesOf, connectFrame, rawClient, rawConnected, requestFrame } from "./raw-client.js";

cleanUpAfterEach();

/** A frame with its payload as text. */
function shown({ payload, ...frame }: Frame) {
  return { ...frame, payload: payload.toString() };
}

describe.each(FLAVOURS)("the handshake of %s", (flavour) => {
  it("is accepted with the component's token", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await rawClient(nucleus);
    client.send(connectFrame(nucleus.environmentOf(COMPONENT).SVCUID ?? ""));
    expect(shown(await client.next())).toEqual({ type: 5, flags: 1, streamId: 0, headers: {}, payload: "" });
  });

  it.each([
    ["a wrong token", connectFrame("0000000000000000")],
    ["no token", { ...connectFrame(""), payload: Buffer.from("{}") }],
    ["a payload that is no JSON", { ...connectFrame(""), payload: Buffer.from("{") }],
    ["a payload of null", { ...connectFrame(""), payload: Buffer.from("null") }],
  ])("is refused with %s", async (_, frame) => {
    const nucleus = await someNucleus(flavour);
    const client = await rawClient(nucleus);
    client.send(frame);
    if (flavour === "classic") {
      expect(shown(await client.next())).toEqual({ type: 5, flags: 0, streamId: 0, headers: {}, payload: "" });
    }
    await within(client.closed, "closing");
  });

  it("is refused in another version of the protocol", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await rawClient(nucleus);
    const frame = connectFrame(nucleus.environmentOf(COMPONENT).SVCUID ?? "");
    client.send({ ...frame, headers: { ":version": "0.2.0" } });
    await within(client.closed, "closing");
  });

  it("must come before anything else", async () => {
    const client = await rawClient(await someNucleus(flavour));
    client.send(requestFrame(1, "UpdateState", { state: "RUNNING" }));
    if (flavour === "classic") expect((await client.next()).type).toBe(6);
    await within(client.closed, "closing");
  });
});

describe("answers on the wire", () => {
  it("end the stream on classic", async () => {
    const client = await rawConnected(await someNucleus("classic"));
    client.send(requestFrame(1, "UpdateState", { state: "RUNNING" }));
    const headers = { ":content-type": "application/json", "service-model-type": "aws.greengrass#UpdateStateResponse" };
    expect(shown(await client.next())).toEqual({ type: 0, flags: 2, streamId: 1, headers, payload: "{}" });
  });

  it("leave the stream to the client on lite", async () => {
    const client = await rawConnected(await someNucleus("lite"));
    client.send(requestFrame(1, "UpdateState", { state: "RUNNING" }));
    const headers = { ":content-type": "application/json", "service-model-type": "aws.greengrass#UpdateStateResponse" };
    expect(shown(await client.next())).toEqual({ type: 0, flags: 0, streamId: 1, headers, payload: "{}" });
  });

  it.each(FLAVOURS)("of a subscription on %s have flags 0, as its events have", async (flavour) => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { a: 1 } } });
    const client = await rawConnected(nucleus);
    client.send(requestFrame(1, "SubscribeToConfigurationUpdate", { keyPath: [] }));
    const answer = await client.next();
    nucleus.setConfiguration(COMPONENT, { a: 2 });
    const event = await client.next();
    expect([answer, event].map(({ type, flags, headers }) => [type, flags, headers["service-model-type"]])).toEqual([
      [0, 0, "aws.greengrass#SubscribeToConfigurationUpdateResponse"],
      [0, 0, "aws.greengrass#ConfigurationUpdateEvents"],
    ]);
  });

  it("carry modelled errors with message and _message on classic", async () => {
    const client = await rawConnected(await someNucleus("classic"));
    client.send(requestFrame(1, "GetConfiguration", { keyPath: ["no"] }));
    const { payload, ...frame } = await client.next();
    const headers = {
      ":content-type": "application/json",
      "service-model-type": "aws.greengrass#ResourceNotFoundError",
    };
    expect(frame).toEqual({ type: 1, flags: 2, streamId: 1, headers });
    expect(JSON.parse(payload.toString())).toEqual({
      message: "Key not found",
      _message: "Key not found",
      _errorCode: "ResourceNotFoundError",
      _service: "aws.greengrass#GreengrassCoreIPC",
    });
  });

  it("carry modelled errors with _message only on lite", async () => {
    const client = await rawConnected(await someNucleus("lite"));
    client.send(requestFrame(1, "GetConfiguration", { keyPath: ["no"] }));
    const { payload, ...frame } = await client.next();
    const headers = {
      ":content-type": "application/json",
      "service-model-type": "aws.greengrass#ResourceNotFoundError",
    };
    expect(frame).toEqual({ type: 1, flags: 2, streamId: 1, headers });
    expect(JSON.parse(payload.toString())).toEqual({ _message: "Key not found.", _errorCode: "ResourceNotFoundError" });
  });

  it.each([
    ["an operation that no model knows", requestFrame(1, "MakeCoffee", {}), "application/json", "error"],
    [
      "an operation of another service",
      { ...requestFrame(1, "", {}), headers: { operation: "constructor" } },
      "application/json",
      "error",
    ],
    [
      "a request that is no JSON",
      { ...requestFrame(1, "UpdateState", {}), payload: Buffer.from("{") },
      "text/plain",
      "InternalServerError",
    ],
    [
      "an argument of the wrong type",
      requestFrame(1, "UpdateState", { state: 1 }),
      "text/plain",
      "InternalServerError",
    ],
  ])("to %s have no shape on classic and are empty service errors on lite", async (_, frame, type, text) => {
    const classic = await rawConnected(await someNucleus("classic"));
    classic.send(frame);
    const answer = await classic.next();
    expect(answer).toMatchObject({ type: 1, flags: 2, headers: { ":content-type": type } });
    expect(answer.headers).not.toHaveProperty("service-model-type");
    expect(answer.payload.toString()).toContain(text);

    const lite = await rawConnected(await someNucleus("lite"));
    lite.send(frame);
    const body = JSON.parse((await lite.next()).payload.toString());
    expect(body).toMatchObject({ _errorCode: "ServiceError" });
  });

  it("go to a known operation without its component as a service error on classic", async () => {
    const client = await rawConnected(await someNucleus("classic"));
    client.send(requestFrame(1, "GetThingShadow", { thingName: "lab-thing" }));
    expect(JSON.parse((await client.next()).payload.toString())).toMatchObject({
      _errorCode: "ServiceError",
      message: "Operation aws.greengrass#GetThingShadow is not supported by Greengrass",
    });
  });
});

describe.each(FLAVOURS)("the byte stream of %s", (flavour) => {
  it("may be cut anywhere", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await rawConnected(nucleus);
    const bytes = bytesOf(requestFrame(1, "UpdateState", { state: "RUNNING" }));
    client.write(bytes.subarray(0, 30));
    await new Promise((resolve) => setImmediate(resolve));
    client.write(bytes.subarray(30));
    expect((await client.next()).streamId).toBe(1);
  });

  it("may hold many requests at once", async () => {
    const client = await rawConnected(await someNucleus(flavour));
    const requests = Array.from({ length: 200 }, (_, i) =>
      bytesOf(requestFrame(i + 1, "UpdateState", { state: "RUNNING" })),
    );
    client.write(Buffer.concat(requests));
    const ids = [];
    for (const _ of requests) ids.push((await client.next()).streamId);
    expect(ids.sort((a, b) => a - b)).toEqual(requests.map((_, i) => i + 1));
  });

  it("ends with a protocol error on classic and without one on lite when it is garbage", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await rawConnected(nucleus);
    client.write(Buffer.from("these are not the bytes of a frame"));
    if (flavour === "classic") expect(await client.next()).toMatchObject({ type: 6, flags: 0, streamId: 0 });
    await within(client.closed, "closing");
    await connected(nucleus);
  });

  it("ends when a frame's checksum is wrong", async () => {
    const client = await rawConnected(await someNucleus(flavour));
    const bytes = bytesOf(requestFrame(1, "UpdateState", { state: "RUNNING" }));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    client.write(bytes);
    if (flavour === "classic") expect((await client.next()).type).toBe(6);
    await within(client.closed, "closing");
  });

  it("does not affect other connections", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    const hostile = fc.sample(fc.uint8Array({ maxLength: 300 }), { numRuns: 40, seed: 1 });
    for (const bytes of [...hostile, randomBytes(5_000)]) {
      const raw = await rawConnected(nucleus);
      raw.write(bytes);
      raw.socket.end();
      await within(raw.closed, "closing");
    }
    const garbled = ["UpdateState", "GetConfiguration", "PublishToIoTCore", "SubscribeToTopic", "UpdateConfiguration"];
    const raw = await rawConnected(nucleus);
    let id = 0;
    for (const operation of garbled) {
      for (const request of [
        null,
        [],
        5,
        "x",
        {},
        { keyPath: 5 },
        { __proto__: null, topicName: {} },
        { topic: null },
      ]) {
        raw.send(requestFrame(++id, operation, request));
        expect((await raw.next()).streamId).toBe(id);
      }
    }
    await within(client.updateState({ state: "RUNNING" as never }), "a call of another client");
  });
});

describe("streams of classic", () => {
  it.each([
    ["a gap in the ids", requestFrame(2, "UpdateState", { state: "RUNNING" })],
    ["a first message without operation", { streamId: 1, payload: Buffer.from("{}") }],
    ["an application message on stream 0", { streamId: 0 }],
    ["a second connect", connectFrame("x")],
  ])("end the connection on %s", async (_, frame) => {
    const client = await rawConnected(await someNucleus("classic"));
    client.send(frame);
    expect((await client.next()).type).toBe(6);
    await within(client.closed, "closing");
  });

  it("answer a ping with its own headers and body", async () => {
    const client = await rawConnected(await someNucleus("classic"));
    client.send({ type: 2, headers: { mine: "1", ":other": "2" }, payload: Buffer.from("hello") });
    expect(shown(await client.next())).toEqual({
      type: 3,
      flags: 0,
      streamId: 0,
      headers: { mine: "1" },
      payload: "hello",
    });
  });

  it("ignore further messages", async () => {
    const client = await rawConnected(await someNucleus("classic"));
    client.send(requestFrame(1, "SubscribeToTopic", { topic: "local/x" }));
    await client.next();
    client.send({ streamId: 1, payload: Buffer.from("{}") });
    client.send(requestFrame(2, "UpdateState", { state: "RUNNING" }));
    expect((await client.next()).streamId).toBe(2);
  });

  it("are forgotten when the client terminates them", async () => {
    const nucleus = await someNucleus("classic");
    const client = await rawConnected(nucleus);
    client.send(requestFrame(1, "SubscribeToTopic", { topic: "local/x" }));
    await client.next();
    expect(nucleus.subscriptions).toEqual([`${COMPONENT} SubscribeToTopic`]);
    client.send({ streamId: 1, flags: 2 });
    client.send(requestFrame(2, "UpdateState", { state: "RUNNING" }));
    await client.next();
    expect(nucleus.subscriptions).toEqual([]);
  });
});

describe("messages over the limit", () => {
  it("end the connection on lite and pass on classic", async () => {
    const big = requestFrame(1, "GetConfiguration", { keyPath: ["x".repeat(10_000)] });
    const lite = await rawConnected(await someNucleus("lite"));
    lite.send(big);
    await within(lite.closed, "closing");

    const classic = await rawConnected(await someNucleus("classic"));
    classic.send(big);
    expect((await classic.next()).headers["service-model-type"]).toBe("aws.greengrass#ResourceNotFoundError");
  });

  const LONG = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`key-${at}`, "y".repeat(1_000)]));

  it("are answered with an empty service error on lite when the answer is too long", async () => {
    const nucleus = await someNucleus("lite", { monitor: { configuration: { long: LONG } } });
    const client = await rawConnected(nucleus);
    client.send(requestFrame(1, "GetConfiguration", { keyPath: ["long"] }));
    expect(JSON.parse((await client.next()).payload.toString())).toEqual({ _message: "", _errorCode: "ServiceError" });
  });

  it("are nested too deep or too many on lite", async () => {
    const client = await rawConnected(await someNucleus("lite"));
    const deep = Array.from({ length: 15 }).reduce((inner) => ({ inner }), {});
    client.send(
      requestFrame(1, "PublishToTopic", { topic: "local/x", publishMessage: { jsonMessage: { message: deep } } }),
    );
    const many = Array.from({ length: 256 }, (_, i) => i);
    client.send(
      requestFrame(2, "PublishToTopic", { topic: "local/x", publishMessage: { jsonMessage: { message: many } } }),
    );
    for (const _ of [1, 2]) {
      expect(JSON.parse((await client.next()).payload.toString())).toEqual({
        _message: "",
        _errorCode: "ServiceError",
      });
    }
  });
});
