import { createServer } from "node:http";

/** The service's behaviour. */
export type ExchangeMode =
  | "serve"
  /** As for a role alias that the device's certificate may not assume. */
  | "deny"
  /** Accepts the request and never answers. */
  | "silent"
  /** Answers after 1.5 s. */
  | "slow"
  /** Serves keys that were good until an hour ago. */
  | "expired"
  /** Answers with JSON that holds no credentials. */
  | "malformed"
  /** 200 with the body `null`, as nucleus lite where it gets no credentials from the cloud. */
  | "null";

/** The token exchange service of Greengrass on this machine. */
export interface TokenExchange {
  /** For AWS_CONTAINER_CREDENTIALS_FULL_URI. */
  readonly uri: string;
  /** The access keys given out, oldest first. */
  readonly keys: readonly string[];
  /** How many requests there were, of any kind. */
  readonly requests: number;
  /** How many of them came with a token that belongs to no component. */
  readonly unknownTokens: number;
  mode: ExchangeMode;
  close(): Promise<void>;
}

const LIFETIME_MS = 3_600_000;
const SLOW_MS = 1_500;

/**
 * Serves credentials to components that send their token, as aws.greengrass.TokenExchangeService does: a new access key for
 * each request, good for an hour. `componentOf` returns the owner of a token.
 */
export async function startTokenExchange(componentOf: (token: string) => string | null): Promise<TokenExchange> {
  const keys: string[] = [];
  let requests = 0;
  let unknownTokens = 0;
  const server = createServer((request, response) => {
    const answer = (status: number, body: object | null) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    requests++;
    if (componentOf(request.headers.authorization ?? "") === null) {
      unknownTokens++;
      return answer(403, { message: "Authorization token is incorrect" });
    }
    if (exchange.mode === "silent") return;
    if (exchange.mode === "deny") return answer(403, { message: "Access Denied" });
    if (exchange.mode === "null") return answer(200, null);
    if (exchange.mode === "malformed") return answer(200, { AccessKeyId: 7, message: "not what was asked for" });
    const AccessKeyId = `ASIALAB${String(keys.length + 1).padStart(9, "0")}`;
    keys.push(AccessKeyId);
    const lifeMs = exchange.mode === "expired" ? -LIFETIME_MS : LIFETIME_MS;
    const credentials = { AccessKeyId, SecretAccessKey: "lab", Token: "lab" };
    const serve = () => answer(200, { ...credentials, Expiration: new Date(Date.now() + lifeMs).toISOString() });
    if (exchange.mode !== "slow") return serve();
    setTimeout(serve, SLOW_MS);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
  const exchange: TokenExchange = {
    uri: `http://127.0.0.1:${address.port}/2016-11-01/credentialprovider/`,
    keys,
    get requests() {
      return requests;
    },
    get unknownTokens() {
      return unknownTokens;
    },
    mode: "serve",
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return exchange;
}
