import { describe, expect, it } from "vitest";
import { blockSlices } from "../../src/base/block-slices.js";

const BYTES = Uint8Array.from({ length: 100 }, (_, at) => at);

function counted(limits: { readonly heldBlocks?: number; readonly mostBlocks?: number } = {}) {
  const fetched: number[] = [];
  const fetch = (offset: number, size: number) => {
    fetched.push(offset);
    return BYTES.subarray(offset, offset + size);
  };
  return { fetched, slices: blockSlices(100, fetch, { blockBytes: 8, heldBlocks: 4, mostBlocks: 20, ...limits }) };
}

describe("blockSlices", () => {
  it("returns every range as the file has it, to its end", () => {
    const { slices } = counted();
    for (const [offset, size] of [
      [0, 4],
      [5, 20],
      [7, 1],
      [90, 50],
      [99, 1],
      [100, 5],
      [400, 5],
    ] as const) {
      expect(slices.read(offset, size)).toEqual(BYTES.slice(offset, offset + size));
    }
  });

  it("fetches a block once while it is held, and forgets the one that was fetched first", () => {
    const { slices, fetched } = counted({ heldBlocks: 2 });

    for (const offset of [0, 1, 8, 2, 16, 0]) slices.read(offset, 1);

    expect(fetched).toEqual([0, 8, 16, 0]);
  });

  it("fetches neighbouring blocks at once, except those that it holds", () => {
    const { slices, fetched } = counted({ heldBlocks: 8 });

    slices.read(16, 1);
    slices.read(0, 40);

    expect(fetched).toEqual([16, 0, 24]);
  });

  it("returns nothing more once it has fetched its maximum", () => {
    const { slices } = counted({ mostBlocks: 2 });

    expect(slices.read(0, 16)).not.toBeNull();
    expect(slices.read(20, 1)).toBeNull();
    expect(slices.read(0, 100)).toBeNull();
  });
});
