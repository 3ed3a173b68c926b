import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, type Frame, frameCutter, ProtocolError } from "../../src/lab/frames.js";

function someFrame(frame: Partial<Frame> = {}): Frame {
  const headers = { operation: "aws.greengrass#UpdateState" };
  return { type: 0, flags: 2, streamId: 7, headers, payload: Buffer.from("{}"), ...frame };
}

describe("frames", () => {
  it("are decoded as they were encoded", () => {
    expect(decodeFrame(encodeFrame(someFrame()))).toEqual(someFrame());
  });

  it("are laid out as the protocol says", () => {
    const bytes = encodeFrame({ type: 5, flags: 1, streamId: 0, headers: {}, payload: Buffer.from("x") });

    const header = (name: string, value: number) => [name.length, ...Buffer.from(name), 4, 0, 0, 0, value];
    const headers = [...header(":message-type", 5), ...header(":message-flags", 1), ...header(":stream-id", 0)];
    expect(bytes.readUInt32BE(0)).toBe(bytes.length);
    expect(bytes.readUInt32BE(4)).toBe(headers.length);
    expect([...bytes.subarray(12, -4)]).toEqual([...headers, 0x78]);
  });

  it("are refused when any one byte is changed", () => {
    const bytes = encodeFrame(someFrame());
    const taken = [...bytes.keys()].filter((i) => {
      const broken = Buffer.from(bytes);
      broken[i] = (broken[i] ?? 0) ^ 0x40;
      try {
        return frameCutter(10_000)(broken).map(decodeFrame).length > 0;
      } catch (error) {
        if (error instanceof ProtocolError) return false;
        throw error;
      }
    });
    expect(taken).toEqual([]);
  });

  it("are refused without one of the three common headers", () => {
    const bytes = encodeFrame(someFrame());
    const name = bytes.indexOf(":stream-id");
    bytes.write(":stream-ix", name);
    const fixed = Buffer.concat([bytes.subarray(0, -4), crcOf(bytes.subarray(0, -4))]);
    expect(() => decodeFrame(fixed)).toThrow(
      new ProtocolError('Cannot read frame: header ":stream-id" must be an int32, is missing'),
    );
  });
});

describe("a header's value", () => {
  it.each([32_767, 32_768])("of %i bytes is taken up to 32,767", (size) => {
    const common = encodeFrame(someFrame({ headers: {}, payload: Buffer.alloc(0) })).subarray(12, -4);
    const header = Buffer.concat([Buffer.from([1, 0x78, 7, size >> 8, size & 255]), Buffer.alloc(size, "y")]);
    const prelude = Buffer.alloc(8);
    prelude.writeUInt32BE(common.length + header.length + 16, 0);
    prelude.writeUInt32BE(common.length + header.length, 4);
    const body = Buffer.concat([prelude, crcOf(prelude), common, header]);
    const bytes = Buffer.concat([body, crcOf(body)]);
    if (size === 32_767) expect(decodeFrame(bytes).headers.x?.length).toBe(size);
    else expect(() => decodeFrame(bytes)).toThrow(new ProtocolError('Cannot read frame: header "x" is too long'));
  });
});

describe("frameCutter", () => {
  it("returns the same frames wherever the bytes are cut", () => {
    const frames = [someFrame(), someFrame({ payload: Buffer.alloc(3000, 1) }), someFrame({ headers: {} })];
    const bytes = Buffer.concat(frames.map(encodeFrame));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const cut = frameCutter(10_000);
        const ends = [...cuts.sort((a, b) => a - b), bytes.length];
        const out = ends.flatMap((end, i) => cut(bytes.subarray(ends[i - 1] ?? 0, end)));
        expect(out.map(decodeFrame)).toEqual(frames);
      }),
      { numRuns: 50 },
    );
  });

  it("accepts a frame of exactly the limit and refuses one byte more before the rest has arrived", () => {
    const bytes = encodeFrame(someFrame());
    expect(frameCutter(bytes.length)(bytes)).toEqual([bytes]);
    expect(() => frameCutter(bytes.length - 1)(bytes.subarray(0, 12))).toThrow(
      new ProtocolError(`Cannot read frame: length must be 16 to ${bytes.length - 1}, is ${bytes.length}`),
    );
  });

  it("refuses text of another protocol and a wrong prelude at once", () => {
    expect(() => frameCutter(24 * 1024 * 1024)(Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toThrow(ProtocolError);
    expect(() => frameCutter(10_000)(Buffer.from([0, 0, 0, 100, 0, 0, 0, 0, 1, 2, 3, 4]))).toThrow(
      new ProtocolError("Cannot read frame: checksum of the prelude is wrong"),
    );
  });

  it("never throws anything but a protocol error", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (chunks) => {
        const cut = frameCutter(10_000);
        try {
          for (const chunk of chunks) for (const frame of cut(chunk)) decodeFrame(frame);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

function crcOf(bytes: Uint8Array): Buffer {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const out = Buffer.alloc(4);
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return out;
}
