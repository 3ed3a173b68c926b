import type { Socket } from "node:net";
import { withTimeLimit } from "../../base/time-limit.js";

/** How a broker answered a trial of a session. Codes are MQTT 5's; null if the trial did not get that far. */
export interface MqttTrial {
  readonly connect: number | null;
  readonly publish: number | null;
  /** One for each filter that was answered, in order. */
  readonly subscribe: readonly number[];
  /** Why it ended early. */
  readonly failure: string | null;
}

interface TrialOptions {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: string;
  readonly filters: readonly string[];
  readonly limitMs: number;
}

const CONNECT = 1;
const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBSCRIBE = 8;
const SUBACK = 9;
const DISCONNECT = 14;
/** Reason codes from here on are refusals. */
const REFUSED = 0x80;
const SESSION_SECONDS = 3_600;

/**
 * Opens an MQTT 5 session under a client id, subscribes, publishes one message that is not retained, and disconnects. A session
 * that the broker has for the client id is resumed and stays as it was: messages that wait in it are not acknowledged, so the
 * next connection gets them. A new session is removed at once.
 */
export async function tryMqtt(socket: Socket, options: TrialOptions): Promise<MqttTrial> {
  const packets = packetsOf(socket);
  const next = (type: number) =>
    withTimeLimit(packets.next(type), options.limitMs, () => new Error(`no answer within ${options.limitMs} ms`));
  let result: MqttTrial = { connect: null, publish: null, subscribe: [], failure: null };
  try {
    socket.write(connectPacket(options.clientId));
    const connack = await next(CONNACK);
    const [flags = 0, connect = REFUSED] = connack;
    result = { ...result, connect };
    if (connect >= REFUSED) return result;
    // One at a time, and before the publish: a broker may end the connection over what it denies.
    for (const filter of options.filters) {
      socket.write(packet((SUBSCRIBE << 4) | 0x02, Buffer.concat([u16(2), Buffer.of(0), text(filter), Buffer.of(1)])));
      const suback = await next(SUBACK);
      result = { ...result, subscribe: [...result.subscribe, suback[suback.length - 1] ?? REFUSED] };
    }
    socket.write(
      packet(
        (PUBLISH << 4) | 0x02,
        Buffer.concat([text(options.topic), u16(1), Buffer.of(0), Buffer.from(options.payload)]),
      ),
    );
    const puback = await next(PUBACK);
    result = { ...result, publish: puback[2] ?? 0 };
    const isNew = (flags & 1) === 0;
    const expireNow = Buffer.of(0, 5, 0x11, 0, 0, 0, 0);
    socket.end(packet(DISCONNECT << 4, isNew ? expireNow : Buffer.alloc(0)));
    return result;
  } catch (error) {
    return { ...result, failure: error instanceof Error ? error.message : String(error) };
  } finally {
    setTimeout(() => socket.destroy(), CLOSE_MS).unref();
  }
}

const CLOSE_MS = 500;

/** Clean start is off, so that a waiting session is not lost; one message at a time. */
function connectPacket(clientId: string): Buffer {
  const properties = Buffer.concat([Buffer.of(0x11), u32(SESSION_SECONDS), Buffer.of(0x21), u16(1)]);
  return packet(
    CONNECT << 4,
    Buffer.concat([text("MQTT"), Buffer.of(5, 0), u16(30), Buffer.of(properties.length), properties, text(clientId)]),
  );
}

function packet(first: number, body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    length.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return Buffer.concat([Buffer.of(first, ...length), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u16(bytes.length), bytes]);
}

function u16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The packets that arrive; those of other types than the one awaited are skipped. */
function packetsOf(socket: Socket): { next(type: number): Promise<Buffer> } {
  let bytes = Buffer.alloc(0);
  let ended: Error | null = null;
  let wanted: {
    readonly type: number;
    readonly resolve: (body: Buffer) => void;
    readonly reject: (error: Error) => void;
  } | null = null;

  function end(error: Error): void {
    ended ??= error;
    wanted?.reject(ended);
    wanted = null;
  }

  function take(): void {
    for (;;) {
      const found = firstPacket(bytes);
      if (found === null || wanted === null) return;
      bytes = bytes.subarray(found.length);
      if (found.type === DISCONNECT) {
        end(new Error(`the broker disconnected with reason 0x${(found.body[0] ?? 0).toString(16)}`));
        return;
      }
      if (found.type !== wanted.type) continue;
      const { resolve } = wanted;
      wanted = null;
      resolve(found.body);
    }
  }

  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, Buffer.from(chunk)]);
    take();
  });
  socket.on("error", (error) => end(error));
  socket.on("close", () => end(new Error("the broker closed the connection")));
  return {
    next: (type) =>
      new Promise((resolve, reject) => {
        if (ended !== null) {
          reject(ended);
          return;
        }
        wanted = { type, resolve, reject };
        take();
      }),
  };
}

/** The first whole packet in the bytes, or null. */
function firstPacket(bytes: Buffer): { readonly type: number; readonly body: Buffer; readonly length: number } | null {
  let size = 0;
  for (let at = 1; at <= 4; at++) {
    const digit = bytes[at];
    if (digit === undefined) return null;
    size += (digit & 0x7f) * 128 ** (at - 1);
    if (digit & 0x80) continue;
    const length = 1 + at + size;
    if (bytes.length < length) return null;
    return { type: (bytes[0] ?? 0) >> 4, body: bytes.subarray(1 + at, length), length };
  }
  return null;
}
