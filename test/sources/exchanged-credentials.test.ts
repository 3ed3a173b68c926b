import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ExchangeMode, startTokenExchange, type TokenExchange } from "../../src/lab/token-exchange.js";
import {
  exchangedCredentials,
  exchangedOnce,
  NoCredentialsError,
  usesTokenExchange,
} from "../../src/sources/exchanged-credentials.js";

const open: TokenExchange[] = [];
afterEach(async () => {
  for (const exchange of open.splice(0)) await exchange.close();
});

async function exchangeOf(mode: ExchangeMode): Promise<TokenExchange> {
  const exchange = await startTokenExchange((token) => (token === "good" ? "com.example.Monitor" : null));
  exchange.mode = mode;
  open.push(exchange);
  return exchange;
}
const environment = (uri: string) => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: uri,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: "good",
});
const portOf = ({ uri }: TokenExchange) => Number(new URL(uri).port);
const noPort = async () => null;

/** An address at which nobody listens any more. */
async function staleUri(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/2016-11-01/credentialprovider/`;
}

describe("exchangedCredentials", () => {
  it("returns what the service answers to our token", async () => {
    const exchange = await exchangeOf("serve");

    expect(await exchangedCredentials(environment(exchange.uri), noPort)).toEqual({
      accessKeyId: "ASIALAB000000001",
      secretAccessKey: "lab",
      sessionToken: "lab",
      expiration: expect.any(Date),
    });
    expect(exchange.unknownTokens).toBe(0);
  });

  it.each([
    ["null", "Greengrass's token exchange service answered without credentials (null)"],
    ["malformed", "Greengrass's token exchange service answered without credentials"],
    ["deny", "Greengrass's token exchange service answered with HTTP 403"],
  ] as const)("asks once a service whose answer is %s, and says so", async (mode, message) => {
    const exchange = await exchangeOf(mode);
    const failed = exchangedCredentials(environment(exchange.uri), noPort);

    await expect(failed).rejects.toThrow(NoCredentialsError);
    await expect(failed).rejects.toThrow(new RegExp(`^${message.replace(/[()]/g, "\\$&")}$`));
    expect(exchange.requests).toBe(1);
  });

  it("asks where the nucleus says that the service listens, and sends our token nowhere else", async () => {
    const [exchange, squatter] = [await exchangeOf("serve"), await exchangeOf("serve")];
    const findPort = vi.fn(async () => portOf(exchange));

    const { accessKeyId } = await exchangedCredentials(environment(squatter.uri), findPort);

    expect([accessKeyId, squatter.requests]).toEqual(["ASIALAB000000001", 0]);
    expect(findPort).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["does not know another", noPort],
    ["cannot be asked", () => Promise.reject(new Error("lost"))],
  ])("asks at the address known since the start when the nucleus %s", async (_, findPort) => {
    const exchange = await exchangeOf("serve");

    const { accessKeyId } = await exchangedCredentials(environment(exchange.uri), findPort);

    expect(accessKeyId).toBe("ASIALAB000000001");
  });

  it("resolves no name: localhost may mean ::1, where the service does not listen", async () => {
    const hosts: (string | undefined)[] = [];
    const server = createHttpServer(({ headers }, response) => {
      hosts.push(headers.host);
      response.end("null");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;

    const failed = exchangedCredentials(environment(`http://localhost:${port}/`), noPort);

    await expect(failed).rejects.toThrow("(null)");
    expect(hosts).toEqual([`127.0.0.1:${port}`]);
    await new Promise((resolve) => server.close(resolve));
  });

  it("finds a service that started after us", async () => {
    const exchange = await exchangeOf("serve");
    const env = { AWS_CONTAINER_AUTHORIZATION_TOKEN: "good" };

    expect((await exchangedCredentials(env, async () => portOf(exchange))).accessKeyId).toBe("ASIALAB000000001");
  });

  it.each([
    ["nobody knows another port", noPort, "could not be asked: ECONNREFUSED"],
    ["the nucleus cannot be asked", () => Promise.reject(new Error("lost")), "could not be asked: ECONNREFUSED"],
  ])("says that nothing listens when %s", async (_, findPort, why) => {
    await expect(exchangedCredentials(environment(await staleUri()), findPort)).rejects.toThrow(
      `Greengrass's token exchange service ${why}`,
    );
  });

  it("says that the service is not running when it was never there", async () => {
    const env = { AWS_CONTAINER_AUTHORIZATION_TOKEN: "good" };

    await expect(exchangedCredentials(env, noPort)).rejects.toThrow(
      "Greengrass's token exchange service is not running",
    );
  });
});

describe("exchangedOnce", () => {
  it("asks at the first call alone, and returns its outcome to every other", async () => {
    const exchange = await exchangeOf("serve");
    const asking = exchangedOnce(environment(exchange.uri), noPort);

    const keys = await Promise.all([asking(), asking(), asking()]);

    expect([new Set(keys).size, exchange.requests]).toEqual([1, 1]);
  });

  it("is pending from the first call to the outcome", async () => {
    const asking = exchangedOnce({}, noPort);
    const before = asking.isPending();
    const outcome = asking();
    const during = asking.isPending();
    await expect(outcome).rejects.toThrow("is not running");

    expect([before, during, asking.isPending()]).toEqual([false, true, false]);
  });
});

describe("usesTokenExchange", () => {
  it.each([
    [environment("http://localhost:1/"), true],
    [{ AWS_CONTAINER_AUTHORIZATION_TOKEN: "t" }, true],
    [{ ...environment("http://localhost:1/"), AWS_ACCESS_KEY_ID: "AKIA" }, false],
    [{ ...environment("http://localhost:1/"), AWS_PROFILE: "archive" }, false],
    [{ AWS_CONTAINER_CREDENTIALS_FULL_URI: "" }, false],
    [{}, false],
  ])("says of the environment %j: %s", (env, uses) => {
    expect(usesTokenExchange(env)).toBe(uses);
  });
});
