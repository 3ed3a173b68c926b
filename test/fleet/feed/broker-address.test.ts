import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/base/errors.js";
import { parseBroker } from "../../../src/fleet/feed/broker-address.js";

const FILES = { cert: "fleet.pem", key: "fleet.key" };

describe("parseBroker", () => {
  it("reads a broker reached over mutual TLS, on the usual port and on another", () => {
    expect(parseBroker("mqtts://abc-ats.iot.eu-west-1.amazonaws.com", FILES)).toEqual({
      host: "abc-ats.iot.eu-west-1.amazonaws.com",
      port: 8_883,
      tls: { ...FILES, ca: null },
    });
    expect(parseBroker("mqtts://broker.factory:443", { ...FILES, ca: "ca.pem" })).toEqual({
      host: "broker.factory",
      port: 443,
      tls: { ...FILES, ca: "ca.pem" },
    });
  });

  it.each([
    ["mqtt://127.0.0.1", "127.0.0.1", 1_883],
    ["mqtt://localhost:2000", "localhost", 2_000],
    ["tcp://[::1]:2000", "::1", 2_000],
  ])("reads %s, plain on this machine", (url, host, port) => {
    expect(parseBroker(url, {})).toEqual({ host, port, tls: null });
  });

  it.each([
    ["mqtt://broker.factory", {}, "only a broker on this machine is reached without TLS"],
    ["mqtt://127.0.0.1.example.com", {}, "only a broker on this machine is reached without TLS"],
    ["mqtts://broker.factory", { cert: "fleet.pem" }, "TLS needs --cert FILE and --key FILE"],
    ["mqtt://127.0.0.1", FILES, "--cert, --key and --ca are for mqtts://"],
    ["mqtts://me:secret@broker.factory", FILES, "must name no user"],
    ["https://broker.factory", FILES, "must be mqtts://HOST[:PORT]"],
    ["127.0.0.1:1883", {}, "must be mqtts://HOST[:PORT]"],
    ["mqtt://", {}, "must be mqtts://HOST[:PORT]"],
  ])("refuses %s", (url, files, why) => {
    expect(() => parseBroker(url, files)).toThrow(UsageError);
    expect(() => parseBroker(url, files)).toThrow(why);
  });

  it("does not repeat a password", () => {
    expect(() => parseBroker("mqtts://me:secret@broker.factory", FILES)).toThrow(/^((?!secret).)*$/);
  });
});
