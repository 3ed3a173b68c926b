import type { Flavour } from "./flavour.js";
import { type Frame, MessageFlag, ProtocolError } from "./frames.js";

/** One stream of a connection: the request opened it, answers and events go back on it. */
export interface IpcStream {
  readonly id: number;
  /** False when either side has ended the stream or the connection is gone. */
  readonly open: boolean;
  /** Sends a frame; false when the connection is gone or the frame is too long for this nucleus. */
  send(frame: Omit<Frame, "streamId">): boolean;
  /** Calls once when the stream ends for any reason; at once when it has. */
  onClosed(listener: () => void): void;
  /** Drops the whole connection without an error frame. */
  dropConnection(): void;
}

/** The open streams of one connection. */
export interface StreamTable {
  isOpen(id: number): boolean;
  /** Opens a stream; an open one of the same id ends first. */
  open(id: number): IpcStream;
  end(id: number): void;
  endAll(): void;
}

/** Starts without streams; `send` and `drop` are the connection's. */
export function streamTable(send: (frame: Frame) => boolean, drop: () => void): StreamTable {
  const streams = new Map<number, () => void>();
  const end = (id: number) => streams.get(id)?.();
  return {
    isOpen: (id) => streams.has(id),
    end,
    endAll() {
      for (const id of [...streams.keys()]) end(id);
    },
    open(id) {
      end(id);
      const listeners: (() => void)[] = [];
      let open = true;
      const close = () => {
        open = false;
        streams.delete(id);
        for (const listener of listeners) listener();
      };
      streams.set(id, close);
      return {
        id,
        get open() {
          return open;
        },
        send(frame) {
          const sent = send({ ...frame, streamId: id });
          if (sent && open && frame.flags & MessageFlag.terminateStream) close();
          return sent;
        },
        onClosed(listener) {
          if (open) listeners.push(listener);
          else listener();
        },
        dropConnection: drop,
      };
    },
  };
}

/** What a message on a stream asks for: classic demands stream ids without gaps and an operation in the first message. */
export function streamStep(
  flavour: Flavour,
  frame: Frame,
  state: { readonly isOpen: boolean; readonly latestStreamId: number },
): "open" | "end" | "ignore" {
  // A client may end a stream that we have ended already.
  if (frame.flags & MessageFlag.terminateStream) return "end";
  if (flavour === "lite") return "open";
  if (state.isOpen) return "ignore";
  if (frame.streamId !== state.latestStreamId + 1) {
    throw new ProtocolError(`Stream id must be ${state.latestStreamId + 1}, is ${frame.streamId}`);
  }
  if (!frame.headers.operation) throw new ProtocolError(`First message of stream ${frame.streamId} has no operation`);
  return "open";
}
