import { describe, expect, it } from "vitest";
import { withAddress } from "../../../src/fleet/lambda/with-address.js";

const refusal = (code: string) => Object.assign(new Error(`refused with ${code}`), { code });

/** Opens at an old and at a new address; the new one is known once it was read again. */
async function opening(open: (address: string) => Error | null) {
  const events: string[] = [];
  let known = "old";
  const address = async (again: boolean) => {
    if (again) known = "new";
    return known;
  };
  const result = await withAddress(address, async (at) => {
    events.push(at);
    const error = open(at);
    if (error !== null) throw error;
    return `opened ${at}`;
  }).catch((error: Error) => error.message);
  return [result, events];
}

describe("withAddress", () => {
  it("opens at the known address", async () => {
    expect(await opening(() => null)).toEqual(["opened old", ["old"]]);
  });

  it.each([
    ["the password", refusal("28P01")],
    ["the role", refusal("28000")],
    ["an error's cause", new Error("Cannot connect", { cause: refusal("28P01") })],
  ])("reads the address again when it is refused with %s", async (_, error) => {
    expect(await opening((at) => (at === "old" ? error : null))).toEqual(["opened new", ["old", "new"]]);
  });

  it("gives up when the new one is refused too", async () => {
    expect(await opening(() => refusal("28P01"))).toEqual(["refused with 28P01", ["old", "new"]]);
  });

  it("does not try again after another error", async () => {
    expect(await opening(() => refusal("57P03"))).toEqual(["refused with 57P03", ["old"]]);
  });
});
