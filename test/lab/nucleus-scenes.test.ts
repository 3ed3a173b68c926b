import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  COMPONENT,
  cleanUpAfterEach,
  clientOf,
  connected,
  FLAVOURS,
  failureOf,
  inbox,
  someNucleus,
  temporaryFolder,
  within,
} from "./lab-parts.js";

cleanUpAfterEach();

const RUNNING = { state: "RUNNING" as never };
const disconnection = (client: ReturnType<typeof clientOf>) =>
  within(new Promise<void>((resolve) => client.on("disconnection", () => resolve())), "disconnection");

describe.each(FLAVOURS)("a scene on %s", (flavour) => {
  it("drops idle connections", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    await client.subscribeToTopic({ topic: "local/x" }).activate();
    expect(nucleus.subscriptions).toEqual([`${COMPONENT} SubscribeToTopic`]);
    const gone = disconnection(client);
    nucleus.dropConnections();
    await gone;
    expect([nucleus.connections, nucleus.subscriptions]).toEqual([0, []]);
  });

  it("drops the connection during a call", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    nucleus.answerWith("UpdateState", "drop");
    const gone = disconnection(client);
    client.updateState(RUNNING).catch(() => {});
    await gone;
  });

  it("acknowledges no connect, and then does again", async () => {
    const nucleus = await someNucleus(flavour);
    const acknowledge = nucleus.stopAcknowledging();
    const silent = clientOf(nucleus).connect();
    silent.catch(() => {});
    await expect(within(silent, "connect", 150)).rejects.toThrow("connect took more than 150 ms");
    acknowledge();
    await connected(nucleus);
  });

  it("acknowledges a connect late, and at once again", async () => {
    const nucleus = await someNucleus(flavour);
    const undo = nucleus.delayAcknowledgements(600);
    const from = performance.now();
    await connected(nucleus);
    expect(performance.now() - from).toBeGreaterThanOrEqual(595);
    undo();
    const again = performance.now();
    await connected(nucleus);
    expect(performance.now() - again).toBeLessThan(595);
  });

  it("stops reading, of old and of new connections, and reads on with nothing lost", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    const read = nucleus.stopReading();
    const call = client.updateState(RUNNING);
    const connecting = clientOf(nucleus).connect();
    for (const each of [call, connecting]) each.catch(() => {});
    await expect(within(Promise.race([call, connecting]), "anything", 150)).rejects.toThrow("anything took more");
    expect(nucleus.calls.all).toEqual([]);
    read();
    await within(Promise.all([call, connecting]), "both");
  });

  it("stops without a socket, and starts with new tokens", async () => {
    const nucleus = await someNucleus(flavour);
    const restarts: string[] = [];
    nucleus.onRestartRequest(COMPONENT, (reason) => restarts.push(reason));
    const token = nucleus.environmentOf(COMPONENT).SVCUID ?? "";
    const gone = disconnection(await connected(nucleus));
    await nucleus.stop();
    await gone;
    expect([nucleus.isListening, nucleus.connections, nucleus.componentOfToken(token)]).toEqual([false, 0, null]);
    await expect(within(clientOf(nucleus).connect(), "connect")).rejects.toThrow();
    await nucleus.start();
    await connected(nucleus);
    expect([nucleus.isListening, nucleus.connections]).toEqual([true, 1]);
    // Lite's daemon comes back without its components.
    expect(restarts).toEqual(flavour === "classic" ? ["the nucleus restarted"] : []);
  });

  it("refuses a wrong token", async () => {
    const nucleus = await someNucleus(flavour);
    await expect(within(clientOf(nucleus, COMPONENT, "wrong").connect(), "connect")).rejects.toThrow();
  });

  it("restarts with new tokens and a new socket, and keeps the configuration", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { a: 1 } } });
    const client = await connected(nucleus);
    nucleus.setConfiguration(COMPONENT, { a: 2 });
    const before = nucleus.environmentOf(COMPONENT).SVCUID;
    const gone = disconnection(client);
    await nucleus.restart();
    await gone;
    expect(nucleus.componentOfToken(before ?? "")).toBeNull();
    await expect(within(clientOf(nucleus, COMPONENT, before).connect(), "connect")).rejects.toThrow();
    const again = await connected(nucleus);
    expect((await again.getConfiguration({ keyPath: ["a"] })).value).toEqual({ a: 2 });
  });

  it("removes the socket under a running connection", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    await nucleus.removeSocket();
    await expect(access(nucleus.socketPath)).rejects.toThrow("ENOENT");
    await within(client.updateState(RUNNING), "a call");
    await expect(within(clientOf(nucleus).connect(), "connect")).rejects.toThrow();
  });

  it("holds calls until it releases them", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    const hold = nucleus.holdOperation("UpdateState");
    let settled = false;
    const call = client.updateState(RUNNING).then(() => {
      settled = true;
    });
    await hold.held.waitFor(() => true);
    await client.getConfiguration({ keyPath: [] });
    expect(settled).toBe(false);
    hold.release();
    await within(call, "the held call");
  });

  it("answers with an error a given number of times", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    nucleus.answerWith("UpdateState", { error: "ServiceError", message: "not now" }, 2);
    expect(await failureOf(client.updateState(RUNNING))).toEqual({ code: "ServiceError", text: "not now" });
    expect(await failureOf(client.updateState(RUNNING))).toEqual({ code: "ServiceError", text: "not now" });
    await within(client.updateState(RUNNING), "the third call");
  });

  it("answers with a failure that has no shape, with a body of its own, or by the request", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    const undo = nucleus.answerWith("UpdateState", { text: "InternalServerError" });
    expect((await failureOf(client.updateState(RUNNING))).text).toContain("InternalServerError");
    undo();
    nucleus.answerWith("GetConfiguration", ({ request }) =>
      JSON.stringify(request.keyPath) === '["x"]' ? { body: { componentName: "c", value: { x: 5 } } } : null,
    );
    expect(await client.getConfiguration({ keyPath: ["x"] })).toEqual({ componentName: "c", value: { x: 5 } });
    expect((await failureOf(client.getConfiguration({ keyPath: ["y"] }))).code).toBe("ResourceNotFoundError");
  });

  it("answers with frames unchanged", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    const headers = { ":content-type": "application/json", "service-model-type": "aws.greengrass#UpdateStateResponse" };
    nucleus.answerWith("UpdateState", { frame: { type: 0, flags: 2, headers, payload: Buffer.from("no JSON") } });
    expect((await failureOf(client.updateState(RUNNING))).text).toMatch(/JSON/);
  });

  it("withholds the events of a subscription and sends them again", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { a: 1 } } });
    const client = await connected(nucleus);
    const paths = inbox<unknown>();
    const operation = client.subscribeToConfigurationUpdate({ keyPath: [] });
    operation.on("message", ({ configurationUpdateEvent }) => paths.put(configurationUpdateEvent?.keyPath));
    await operation.activate();
    const resume = nucleus.suppressEvents("SubscribeToConfigurationUpdate");
    nucleus.setConfiguration(COMPONENT, { a: 2 });
    resume();
    nucleus.setConfiguration(COMPONENT, { b: 1 });
    expect(await paths.next()).toEqual(["b"]);
  });

  it("ends a subscription from its side, with or without an error", async () => {
    const nucleus = await someNucleus(flavour, { monitor: { configuration: { a: 1 } } });
    const client = await connected(nucleus);
    const events = inbox<string>();
    const open = async (name: string) => {
      const operation = client.subscribeToConfigurationUpdate({ keyPath: [] });
      operation.on("ended", () => events.put(`${name} ended`));
      operation.on("streamError", () => events.put(`${name} failed`));
      await operation.activate();
    };
    await open("first");
    nucleus.endStreams("SubscribeToConfigurationUpdate");
    // The client reads a frame without body as an event that it cannot parse.
    expect([await events.next(), await events.next()].sort()).toEqual(["first ended", "first failed"]);
    await open("second");
    nucleus.endStreams("SubscribeToConfigurationUpdate", { error: "ServiceError", message: "gone" });
    expect([await events.next(), await events.next()].sort()).toEqual(["second ended", "second failed"]);
    expect(nucleus.subscriptions).toEqual([]);
  });

  it("answers late to a client that has hung up without failing", async () => {
    const nucleus = await someNucleus(flavour);
    const client = await connected(nucleus);
    const hold = nucleus.holdOperation("UpdateState");
    client.updateState(RUNNING).catch(() => {});
    await hold.held.waitFor(() => true);
    nucleus.dropConnections();
    hold.release();
    await connected(nucleus);
  });

  it("replaces a socket that a dead nucleus left", async () => {
    const rootFolder = await temporaryFolder();
    const first = await someNucleus(flavour, { rootFolder });
    const second = await someNucleus(flavour, { rootFolder });
    await within(clientOf(second).connect(), "connect");
    expect([first.connections, second.connections]).toEqual([0, 1]);
  });
});

describe("startNucleus", () => {
  it("leaves a file alone that is in the socket's way", async () => {
    const rootFolder = await temporaryFolder();
    await writeFile(join(rootFolder, "ipc.socket"), "precious");
    await expect(someNucleus("classic", { rootFolder })).rejects.toThrow("a file that is not a socket is in the way");
    expect(await readFile(join(rootFolder, "ipc.socket"), "utf8")).toBe("precious");
  });

  it("refuses a socket path that is too long", async () => {
    const rootFolder = `${await temporaryFolder()}/${"x".repeat(100)}`;
    await expect(someNucleus("classic", { rootFolder })).rejects.toThrow(/path must be 107 bytes or less, is 1\d\d$/);
  });
});
