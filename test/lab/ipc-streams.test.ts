import { describe, expect, it } from "vitest";
import { type Frame, ProtocolError } from "../../src/lab/frames.js";
import { streamStep, streamTable } from "../../src/lab/ipc-streams.js";

const frame = (over: Partial<Frame> = {}): Frame => ({
  type: 0,
  flags: 0,
  streamId: 1,
  headers: { operation: "aws.greengrass#UpdateState" },
  payload: Buffer.alloc(0),
  ...over,
});
const END = frame({ flags: 2 });

describe("streamStep", () => {
  const fresh = { isOpen: false, latestStreamId: 0 };

  it("opens a stream with the next id, and ends one by its flag", () => {
    for (const flavour of ["classic", "lite"] as const) {
      expect([streamStep(flavour, frame(), fresh), streamStep(flavour, END, fresh)]).toEqual(["open", "end"]);
    }
  });

  it("ignores more messages on an open stream on classic, and opens it again on lite", () => {
    const open = { isOpen: true, latestStreamId: 1 };
    expect(streamStep("classic", frame(), open)).toBe("ignore");
    expect(streamStep("lite", frame(), open)).toBe("open");
  });

  it("refuses gaps and streams without an operation on classic only", () => {
    const gap = frame({ streamId: 3 });
    const nameless = frame({ headers: {} });
    expect(() => streamStep("classic", gap, fresh)).toThrow(new ProtocolError("Stream id must be 1, is 3"));
    expect(() => streamStep("classic", nameless, fresh)).toThrow("has no operation");
    expect([streamStep("lite", gap, fresh), streamStep("lite", nameless, fresh)]).toEqual(["open", "open"]);
  });
});

describe("streamTable", () => {
  it("sends with the stream's id and closes it with the last frame", () => {
    const sent: Frame[] = [];
    const table = streamTable(
      (each) => sent.push(each) > 0,
      () => {},
    );
    const stream = table.open(4);
    let closed = 0;
    stream.onClosed(() => closed++);
    const { streamId: _, ...body } = frame();
    stream.send(body);
    expect([sent[0]?.streamId, stream.open, table.isOpen(4), closed]).toEqual([4, true, true, 0]);
    stream.send({ ...body, flags: 2 });
    table.end(4);
    expect([stream.open, table.isOpen(4), closed]).toEqual([false, false, 1]);
  });

  it("calls at once for a stream that has ended, and ends all with the connection", () => {
    const ended: number[] = [];
    const table = streamTable(
      () => false,
      () => {},
    );
    const streams = [1, 2].map((id) => table.open(id));
    for (const stream of streams) stream.onClosed(() => ended.push(stream.id));
    table.endAll();
    streams[0]?.onClosed(() => ended.push(9));
    expect(ended).toEqual([1, 2, 9]);
  });
});
