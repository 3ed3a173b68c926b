import { describe, expect, it } from "vitest";
import {
  ConnectionEndedError,
  connectionEnd,
  failureOf,
  lossOf,
  NoAnswerError,
  withCallTimeout,
} from "../../../src/transports/greengrass/failures.js";

describe("failureOf", () => {
  it.each([
    [
      { serviceError: { _errorCode: "UnauthorizedError", message: "no" } },
      "UnauthorizedError",
      "UnauthorizedError: no",
    ],
    [{ serviceError: { _errorCode: "ServiceError", _message: "busy" } }, "ServiceError", "ServiceError: busy"],
    [{ description: "closed", message: "other" }, null, "closed"],
    [new Error("plain"), null, "plain"],
    ["AWS_IO_SOCKET_CLOSED", null, "AWS_IO_SOCKET_CLOSED"],
    [null, null, "null"],
  ])("reads the code and the message of %j", (error, code, message) => {
    expect(failureOf(error)).toMatchObject({ code, message });
  });

  it("recognises a modelled error without a text, as nucleus lite answers what it lacks", () => {
    const bare = { message: "RPC failed", serviceError: { _errorCode: "ServiceError", message: "" } };

    expect(failureOf(bare)).toEqual({ code: "ServiceError", message: "ServiceError: RPC failed", isBare: true });
    expect(failureOf(new Error("x")).isBare).toBe(false);
  });

  it("cuts a long text at 300 characters", () => {
    expect(failureOf(new Error("x".repeat(1_000))).message).toHaveLength(300);
  });
});

describe("lossOf", () => {
  it.each([
    [new NoAnswerError("late"), "SILENT"],
    [new ConnectionEndedError("gone"), "REFUSED"],
    [{ type: 2 }, "REFUSED"],
    [{ type: 5 }, "REFUSED"],
    [new Error("AWS_ERROR_EVENT_STREAM_RPC_CONNECTION_CLOSED"), "REFUSED"],
    [new Error("AWS_IO_SOCKET_NO_SUCH_FILE"), "UNREACHABLE"],
  ])("reads %s as %s", (error, loss) => {
    expect(lossOf(error)).toBe(loss);
  });
});

describe("connectionEnd", () => {
  it("ends the calls in flight and those that come later, with the first reason", async () => {
    const end = connectionEnd();
    const before = withCallTimeout(new Promise(() => {}), "wait", 10_000, end);
    end.announce("socket closed");
    end.announce("later reason");

    await expect(before).rejects.toThrow("the connection to the nucleus is lost: socket closed");
    await expect(withCallTimeout(new Promise(() => {}), "wait", 10_000, end)).rejects.toThrow(ConnectionEndedError);
  });

  it("forgets a call that has been answered", async () => {
    const end = connectionEnd();

    expect(await withCallTimeout(Promise.resolve(7), "ask", 10_000, end)).toBe(7);
    end.announce("nobody is told");
  });
});
