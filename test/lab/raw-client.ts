import { connect, type Socket } from "node:net";
import { decodeFrame, encodeFrame, type Frame, frameCutter, MessageType } from "../../src/lab/frames.js";
import type { Nucleus } from "../../src/lab/nucleus.js";
import { afterTest, COMPONENT, inbox } from "./lab-parts.js";

/** A client that writes given bytes and returns every frame that comes back. */
export interface RawClient {
  readonly socket: Socket;
  write(bytes: Uint8Array): void;
  send(frame: Partial<Frame>): void;
  next(): Promise<Frame>;
  /** Resolves when the other side has closed; frames before that are still in `next`. */
  readonly closed: Promise<void>;
}

export async function rawClient(nucleus: Nucleus): Promise<RawClient> {
  const socket = connect(nucleus.socketPath);
  afterTest(() => socket.destroy());
  const frames = inbox<Frame>();
  const cut = frameCutter(24 * 1024 * 1024);
  socket.on("data", (chunk) => {
    for (const bytes of cut(chunk)) frames.put(decodeFrame(bytes));
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    send: (frame) => void socket.write(bytesOf(frame)),
    next: () => frames.next(),
    closed,
  };
}

/** A frame with ordinary values for what is not given. */
export function bytesOf(frame: Partial<Frame>): Buffer {
  return encodeFrame({ type: 0, flags: 0, streamId: 0, headers: {}, payload: Buffer.alloc(0), ...frame });
}

/** A raw client that has logged in. */
export async function rawConnected(nucleus: Nucleus): Promise<RawClient> {
  const client = await rawClient(nucleus);
  client.send(connectFrame(nucleus.environmentOf(COMPONENT).SVCUID ?? ""));
  await client.next();
  return client;
}

export function connectFrame(token: string): Partial<Frame> {
  return {
    type: MessageType.connect,
    headers: { ":version": "0.1.0" },
    payload: Buffer.from(JSON.stringify({ authToken: token })),
  };
}

export function requestFrame(streamId: number, operation: string, request: unknown): Partial<Frame> {
  const payload = Buffer.from(JSON.stringify(request));
  return { streamId, headers: { operation: `aws.greengrass#${operation}` }, payload };
}
