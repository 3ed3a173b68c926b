import { EventStreamCodec } from "@smithy/eventstream-codec";
import { crc32 } from "../base/crc32.js";

/** Values of `:message-type`. */
export const MessageType = {
  application: 0,
  applicationError: 1,
  ping: 2,
  pingResponse: 3,
  connect: 4,
  connectAck: 5,
  protocolError: 6,
  internalError: 7,
} as const;

/** Bits of `:message-flags`. */
export const MessageFlag = { connectionAccepted: 1, terminateStream: 2 } as const;

/** One message of the event-stream RPC protocol. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** The other headers, all strings; names are lower case after decoding. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

/** The peer broke the protocol: the connection must end. */
export class ProtocolError extends Error {}

const COMMON = [":message-type", ":message-flags", ":stream-id"] as const;
// Header values have 15 bits for their length, though the field has 16.
const LONGEST_HEADER_BYTES = 32_767;
const PRELUDE_BYTES = 12;
const SMALLEST_FRAME_BYTES = 16;

/** A frame as bytes, with both checksums. */
export function encodeFrame(frame: Frame): Buffer {
  const headers: Parameters<EventStreamCodec["encode"]>[0]["headers"] = {
    ":message-type": { type: "integer", value: frame.type },
    ":message-flags": { type: "integer", value: frame.flags },
    ":stream-id": { type: "integer", value: frame.streamId },
  };
  for (const [name, value] of Object.entries(frame.headers)) headers[name] = { type: "string", value };
  return Buffer.from(codec().encode({ headers, body: frame.payload }));
}

/** The content of one whole frame; throws ProtocolError for a wrong checksum, unreadable headers or a missing common header. */
export function decodeFrame(bytes: Uint8Array): Frame {
  let message: ReturnType<EventStreamCodec["decode"]>;
  try {
    message = codec().decode(bytes);
  } catch (cause) {
    throw new ProtocolError("Cannot read frame: checksum or headers are wrong", { cause });
  }
  const headers: Record<string, string> = {};
  const common = new Map<string, number>();
  for (const [given, header] of Object.entries(message.headers)) {
    const name = given.toLowerCase();
    if (header.type === "integer") common.set(name, header.value);
    if (header.type !== "string") continue;
    if (Buffer.byteLength(header.value) > LONGEST_HEADER_BYTES)
      throw new ProtocolError(`Cannot read frame: header "${name}" is too long`);
    headers[name] = header.value;
  }
  const [type, flags, streamId] = COMMON.map((name) => {
    const value = common.get(name);
    if (value === undefined)
      throw new ProtocolError(`Cannot read frame: header "${name}" must be an int32, is missing`);
    return value;
  }) as [number, number, number];
  return { type, flags, streamId, headers, payload: Buffer.from(message.body) };
}

/**
 * Cuts a byte stream into whole frames: give it each chunk, get the frames that are complete now. Throws ProtocolError as
 * soon as a frame's length is out of bounds or its prelude's checksum is wrong, before the rest has arrived.
 */
export function frameCutter(maxFrameBytes: number): (chunk: Uint8Array) => Buffer[] {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let wanted = PRELUDE_BYTES;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held < wanted) return [];
    let bytes = Buffer.concat(chunks, held);
    const frames: Buffer[] = [];
    wanted = frameBytes(bytes, maxFrameBytes);
    while (bytes.length >= wanted && bytes.length >= PRELUDE_BYTES) {
      frames.push(bytes.subarray(0, wanted));
      bytes = bytes.subarray(wanted);
      wanted = frameBytes(bytes, maxFrameBytes);
    }
    chunks = bytes.length > 0 ? [bytes] : [];
    held = bytes.length;
    return frames;
  };
}

/** The length of the frame that starts here; the prelude's length until that has arrived. */
function frameBytes(bytes: Buffer, maxFrameBytes: number): number {
  if (bytes.length < PRELUDE_BYTES) return PRELUDE_BYTES;
  const total = bytes.readUInt32BE(0);
  if (total < SMALLEST_FRAME_BYTES || total > maxFrameBytes) {
    throw new ProtocolError(
      `Cannot read frame: length must be ${SMALLEST_FRAME_BYTES} to ${maxFrameBytes}, is ${total}`,
    );
  }
  if (bytes.readUInt32BE(8) !== crc32(bytes.subarray(0, 8))) {
    throw new ProtocolError("Cannot read frame: checksum of the prelude is wrong");
  }
  return total;
}

function codec(): EventStreamCodec {
  return new EventStreamCodec(
    (bytes) =>
      typeof bytes === "string"
        ? bytes
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"),
    (text) => Buffer.from(text, "utf8"),
  );
}
