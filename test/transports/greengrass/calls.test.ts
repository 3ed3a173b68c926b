import { describe, expect, it } from "vitest";
import { detailsFailure, foundDetails } from "../../../src/transports/greengrass/calls.js";

describe("foundDetails", () => {
  it("returns version and state", () => {
    expect(foundDetails({ version: "1.2.3", state: "RUNNING" })).toEqual({
      kind: "found",
      version: "1.2.3",
      state: "RUNNING",
    });
    expect(foundDetails({ version: "1.2.3" })).toEqual({ kind: "found", version: "1.2.3", state: "" });
  });

  it.each([undefined, {}, { version: 7 }])("does not accept %j as an answer", (details) => {
    expect(foundDetails(details)).toEqual({ kind: "unsupported", why: "the nucleus answered without a version" });
  });
});

describe("detailsFailure", () => {
  const failure = (code: string, message = "") => ({ serviceError: { _errorCode: code, message } });

  it("distinguishes a component that is not there from a nucleus that cannot say", () => {
    expect(detailsFailure(failure("ResourceNotFoundError"))).toEqual({ kind: "absent" });
    expect(detailsFailure(failure("ServiceError"))).toMatchObject({ why: expect.stringContaining("nucleus lite") });
    expect(detailsFailure(failure("ServiceError", "busy"))).toEqual({ kind: "unsupported", why: "ServiceError: busy" });
    expect(detailsFailure(new Error("dropped"))).toEqual({ kind: "unsupported", why: "dropped" });
  });
});
