import type { Socket } from "node:net";
import { isObject } from "../base/json.js";
import { FLAVOURS, type Flavour } from "./flavour.js";
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  frameCutter,
  MessageFlag,
  MessageType,
  ProtocolError,
} from "./frames.js";
import { type IpcStream, type StreamTable, streamStep, streamTable } from "./ipc-streams.js";

/** A request that has opened a stream; its payload is not yet parsed. */
export interface IncomingCall {
  readonly component: string;
  /** As on the wire, such as `aws.greengrass#GetConfiguration`. */
  readonly operation: string;
  readonly payload: Buffer;
  readonly stream: IpcStream;
}

/** The part of the nucleus that a connection uses. */
interface ConnectionOptions {
  readonly flavour: Flavour;
  readonly authenticate: (token: string) => string | null;
  readonly acknowledgeAfterMs: () => number | null;
  readonly onCall: (call: IncomingCall) => void;
}

/** One client of the IPC socket. */
export interface IpcConnection {
  /** Whether its connect message has come. */
  readonly hasAsked: boolean;
  /** The component that has logged in, or null. */
  readonly component: string | null;
}

/** Invariants: stream ids only grow, without gaps (classic); every stream in the table is open; all end with the socket. */
interface Connection {
  readonly socket: Socket;
  readonly options: ConnectionOptions;
  readonly streams: StreamTable;
  readonly send: (frame: Frame) => boolean;
  hasAsked: boolean;
  component: string | null;
  latestStreamId: number;
}

const MOST_UNREAD_BYTES = 64 * 1024 * 1024;

/** Serves one client until its socket closes. */
export function serveConnection(socket: Socket, options: ConnectionOptions): IpcConnection {
  const { maxFrameBytes } = FLAVOURS[options.flavour];
  const cut = frameCutter(maxFrameBytes);
  const send = (frame: Frame): boolean => {
    const bytes = encodeFrame(frame);
    if (bytes.length > maxFrameBytes || socket.destroyed || !socket.writable) return false;
    socket.write(bytes);
    if (socket.writableLength > MOST_UNREAD_BYTES) socket.destroy();
    return true;
  };
  const streams = streamTable(send, () => socket.destroy());
  const connection: Connection = {
    socket,
    options,
    streams,
    send,
    hasAsked: false,
    component: null,
    latestStreamId: 0,
  };

  socket.on("data", (chunk) => {
    try {
      for (const bytes of cut(chunk)) {
        if (socket.destroyed || socket.writableEnded) return;
        receive(connection, decodeFrame(bytes));
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      refuse(connection, error);
    }
  });
  socket.on("error", () => {});
  socket.on("end", () => socket.destroy());
  socket.once("close", () => streams.endAll());
  return connection;
}

function receive(connection: Connection, frame: Frame): void {
  const { component } = connection;
  if (component === null) {
    if (frame.type !== MessageType.connect || frame.streamId !== 0) throw new ProtocolError("Connect must come first");
    logIn(connection, frame);
  } else if (frame.streamId === 0) answerPing(connection, frame);
  else if (frame.type === MessageType.application) streamMessage(connection, frame, component);
  else throw new ProtocolError(`Message type ${frame.type} is not for a stream`);
}

function logIn(connection: Connection, frame: Frame): void {
  connection.hasAsked = true;
  const delayMs = connection.options.acknowledgeAfterMs();
  if (delayMs === 0) acknowledge(connection, frame);
  else if (delayMs !== null) setTimeout(() => acknowledge(connection, frame), delayMs).unref();
}

function acknowledge(connection: Connection, frame: Frame): void {
  const { flavour, authenticate } = connection.options;
  const token = tokenOf(frame);
  connection.component = token === null ? null : authenticate(token);
  if (connection.component !== null) {
    control(connection, MessageType.connectAck, MessageFlag.connectionAccepted);
    return;
  }
  // The classic nucleus refuses before it hangs up; lite only hangs up.
  if (flavour === "classic") control(connection, MessageType.connectAck, 0);
  hangUp(connection);
}

function streamMessage(connection: Connection, frame: Frame, component: string): void {
  const { streams, latestStreamId, options } = connection;
  const step = streamStep(options.flavour, frame, { isOpen: streams.isOpen(frame.streamId), latestStreamId });
  if (step === "end") streams.end(frame.streamId);
  if (step !== "open") return;
  connection.latestStreamId = frame.streamId;
  const stream = streams.open(frame.streamId);
  options.onCall({ component, operation: frame.headers.operation ?? "", payload: frame.payload, stream });
}

function answerPing(connection: Connection, frame: Frame): void {
  if (frame.type !== MessageType.ping || connection.options.flavour === "lite") {
    throw new ProtocolError(`Message type ${frame.type} is not for stream 0`);
  }
  const own = Object.entries(frame.headers).filter(([name]) => !name.startsWith(":"));
  control(connection, MessageType.pingResponse, 0, Object.fromEntries(own), frame.payload);
}

/** The peer broke the protocol: classic says why, lite only hangs up. */
function refuse(connection: Connection, error: ProtocolError): void {
  if (connection.options.flavour === "classic") {
    const body = Buffer.from(JSON.stringify({ message: error.message }));
    control(connection, MessageType.protocolError, 0, { ":content-type": "application/json" }, body);
  }
  hangUp(connection);
}

function hangUp({ socket, options }: Connection): void {
  if (options.flavour === "lite") socket.destroy();
  else socket.end();
}

function control(
  connection: Connection,
  type: number,
  flags: number,
  headers: Frame["headers"] = {},
  payload: Buffer = Buffer.alloc(0),
): void {
  connection.send({ type, flags, streamId: 0, headers, payload });
}

/** The token in a connect message, or null when the message is not acceptable. */
function tokenOf(frame: Frame): string | null {
  if (frame.flags !== 0 || (frame.headers[":version"] ?? "0.1.0") !== "0.1.0") return null;
  try {
    const body: unknown = JSON.parse(frame.payload.toString("utf8"));
    return isObject(body) && typeof body.authToken === "string" ? body.authToken : null;
  } catch {
    return null;
  }
}
