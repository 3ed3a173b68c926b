import { describe, expect, it } from "vitest";
import { faultReply, namedFaultReply } from "../../../src/archive/api/faults.js";

describe("faultReply", () => {
  it.each([
    ["AccessDeniedException", 403],
    ["ValidationException", 400],
    ["ResourceNotFoundException", 404],
    ["ThrottlingException", 429],
    ["InternalServerException", 500],
  ] as const)("answers %s with %d", (name, status) => {
    expect(faultReply({ name, message: "No way" }, "request-1")).toEqual({
      status,
      headers: { "content-type": "application/json", "x-amzn-requestid": "request-1", "x-amzn-errortype": name },
      body: '{"Message":"No way"}',
    });
  });

  it("puts the seconds to wait in a header, never in the body", () => {
    const reply = faultReply({ name: "ThrottlingException", message: "Slow down", retryAfterSeconds: 3 }, "request-1");

    expect([reply.headers["retry-after"], reply.body]).toEqual(["3", '{"Message":"Slow down"}']);
  });
});

describe("namedFaultReply", () => {
  it("is the same reply with the name in the body too", () => {
    const resource = { type: "PROJECT", id: "p" } as const;
    const fault = { name: "ResourceNotFoundException", message: "No", resource } as const;

    expect(namedFaultReply(fault, "request-1")).toEqual({
      ...faultReply(fault, "request-1"),
      body: '{"__type":"ResourceNotFoundException","Message":"No","ResourceId":"p","ResourceType":"PROJECT"}',
    });
  });
});
