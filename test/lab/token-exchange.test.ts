import { describe, expect, it } from "vitest";
import { type ExchangeMode, startTokenExchange } from "../../src/lab/token-exchange.js";
import { afterTest, cleanUpAfterEach } from "./lab-parts.js";

cleanUpAfterEach();

async function ask(mode: ExchangeMode, token = "good") {
  const exchange = await startTokenExchange((each) => (each === "good" ? "com.example.Monitor" : null));
  afterTest(() => exchange.close());
  exchange.mode = mode;
  const response = await fetch(exchange.uri, { headers: { authorization: token } });
  return { status: response.status, body: (await response.json()) as unknown, exchange };
}

describe("startTokenExchange", () => {
  it("gives out a new key for each request", async () => {
    const { status, body, exchange } = await ask("serve");
    expect([status, body]).toEqual([
      200,
      { AccessKeyId: "ASIALAB000000001", SecretAccessKey: "lab", Token: "lab", Expiration: expect.any(String) },
    ]);
    await fetch(exchange.uri, { headers: { authorization: "good" } });
    expect([exchange.keys, exchange.requests]).toEqual([["ASIALAB000000001", "ASIALAB000000002"], 2]);
  });

  it("refuses a token that belongs to no component, and counts it", async () => {
    const { status, exchange } = await ask("serve", "wrong");
    expect([status, exchange.requests, exchange.unknownTokens, exchange.keys]).toEqual([403, 1, 1, []]);
  });

  it.each([
    ["deny", 403, { message: "Access Denied" }],
    ["null", 200, null],
    ["malformed", 200, { AccessKeyId: 7, message: "not what was asked for" }],
  ] as const)("answers in mode %s with %i", async (mode, status, body) => {
    expect(await ask(mode)).toMatchObject({ status, body, exchange: { keys: [] } });
  });
});
