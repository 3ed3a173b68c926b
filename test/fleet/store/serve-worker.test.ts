import { on } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";
import { sendMessages } from "../../../src/fleet/store/arrival-transfer.js";
import { serve } from "../../../src/fleet/store/serve-worker.js";
import { filled } from "../../../src/fleet/store/store-options.js";
import type { ReadRequest, ThreadRole } from "../../../src/fleet/store/worker-protocol.js";
import { complete, messageOf } from "./fleet-messages.js";

/** No topic: reading it is a fault of ours, which no message should be able to cause. */
const FATAL: ReceivedMessage = { ...messageOf(complete()), topic: undefined as never };
const FAULT = { id: 1, error: { name: "TypeError", isExpected: false } };

describe("serve", () => {
  const channels: MessageChannel[] = [];
  const channel = () => {
    const made = new MessageChannel();
    channels.push(made);
    return made;
  };
  afterEach(() => {
    for (const { port1 } of channels.splice(0)) port1.close();
  });

  /** A part of the store, its replies, and what asks it. */
  const served = (role: ThreadRole) => {
    const { port1, port2 } = channel();
    const replies = on(port1, "message");
    serve(role, port2);
    const next = async () => ((await replies.next()).value as readonly [unknown])[0];
    const read = (id: number, part: number, of: number, batch: number, message: ReceivedMessage) =>
      port1.postMessage({ id, batch, part, of, ...sendMessages([message]) } satisfies ReadRequest);
    return { next, read };
  };

  it("answers with the error when reading a message fails, and continues", async () => {
    const { next, read } = served({ role: "read", options: filled({}), to: null });
    expect(await next()).toEqual({ id: 0, result: null });
    read(1, 0, 1, 1, FATAL);
    read(2, 0, 1, 2, messageOf(complete()));

    expect(await next()).toMatchObject(FAULT);
    expect(await next()).toMatchObject({ id: 2, result: { arrivals: [{ kind: "report" }] } });
  });

  it("stores nothing of a batch with a message that cannot be read, and then stores the next batch", async () => {
    const options = filled({});
    const links = [channel(), channel()];
    const writer = served({ role: "write", file: ":memory:", options, from: links.map(({ port1 }) => port1) });
    const [first, second] = links.map(({ port2 }) => served({ role: "read", options, to: port2 }));
    expect(await writer.next()).toEqual({ id: 0, result: null });
    first?.read(1, 0, 2, 1, messageOf(complete()));
    second?.read(1, 1, 2, 1, FATAL);
    first?.read(2, 0, 1, 2, messageOf(complete({ sequence: 2 })));

    expect(await writer.next()).toMatchObject(FAULT);
    expect(await writer.next()).toMatchObject({ id: 2, result: { acknowledge: [], counts: { reports: 1 } } });
  });
});
