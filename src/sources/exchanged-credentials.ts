import { codeOf, ExpectedError, messageOf } from "../base/errors.js";
import { jsonObjectIn } from "../base/json.js";

/** Temporary credentials, as AWS's client takes them. */
export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** The token exchange service returned no credentials. */
export class NoCredentialsError extends ExpectedError {}

type Environment = Readonly<Record<string, string | undefined>>;

/** The port on which the token exchange service listens now; null if the nucleus does not know. */
export type FindPort = () => Promise<number | null>;

/** Gets credentials from the token exchange service; throws NoCredentialsError. */
export type Exchange = () => Promise<TemporaryCredentials>;

/** An exchange with one outcome for all its callers. */
interface SharedExchange extends Exchange {
  /** Whether credentials were requested and there is no outcome yet. */
  readonly isPending: () => boolean;
}

const PATH = "/2016-11-01/credentialprovider/";
const LIMIT_MS = 4_000;
const MOST_BYTES = 65_536;

/** Whether a token exchange service is the only source of credentials: AWS's client would try the others first. */
export function usesTokenExchange(env: Environment): boolean {
  const others = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
  const uses = isSet(env.AWS_CONTAINER_CREDENTIALS_FULL_URI) || isSet(env.AWS_CONTAINER_AUTHORIZATION_TOKEN);
  return uses && !others.some((name) => isSet(env[name]));
}

/**
 * Asks the token exchange service at the first call; every further call gets the same outcome, even a failure. For one
 * check: a service that does not answer, or answers `null`, costs one request, however many jobs there are.
 */
export function exchangedOnce(env: Environment, findPort: FindPort): SharedExchange {
  let outcome: Promise<TemporaryCredentials> | null = null;
  let isPending = false;
  const exchange: Exchange = () => {
    if (outcome === null) {
      isPending = true;
      outcome = exchangedCredentials(env, findPort).finally(() => {
        isPending = false;
      });
    }
    return outcome;
  };
  return Object.assign(exchange, { isPending: () => isPending });
}

/**
 * Gets credentials from the token exchange service with a single request: AWS's client would ask four times, a second apart,
 * for any answer. Our token goes to the port that the nucleus names: the one in the environment dates from our own start, and
 * another process may listen there by now. Throws NoCredentialsError.
 */
export async function exchangedCredentials(env: Environment, findPort: FindPort): Promise<TemporaryCredentials> {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uriAtStart = "", AWS_CONTAINER_AUTHORIZATION_TOKEN: token = "" } = env;
  try {
    const port = await findPort().catch(() => null);
    const uri = port === null ? uriAtStart : `http://127.0.0.1:${port}${PATH}`;
    if (uri === "") throw new NoCredentialsError("is not running");
    return await askAt(uri, token);
  } catch (error) {
    throw failed(error);
  }
}

async function askAt(uri: string, token: string): Promise<TemporaryCredentials> {
  const { request } = await import("node:http");
  const url = new URL(uri);
  // The service listens on IPv4 alone; localhost may mean ::1, where another process may listen.
  if (url.hostname === "localhost") url.hostname = "127.0.0.1";
  const signal = AbortSignal.timeout(LIMIT_MS);
  const body = await new Promise<string>((resolve, reject) => {
    const headers = token === "" ? {} : { authorization: token };
    const asked = request(url, { headers, agent: false, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MOST_BYTES) asked.destroy(new NoCredentialsError("sent more than 64 kB"));
      });
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode } = response;
        if (statusCode === 200) resolve(text);
        else reject(new NoCredentialsError(`answered with HTTP ${statusCode}`));
      });
    });
    asked.on("error", reject);
    asked.end();
  });
  return parseCredentials(body);
}

/** Nucleus lite answers `null` when it gets no credentials from the cloud. */
function parseCredentials(body: string): TemporaryCredentials {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = jsonObjectIn(body) ?? {};
  const expiration = new Date(typeof Expiration === "string" ? Expiration : Number.NaN);
  if (
    typeof AccessKeyId === "string" &&
    typeof SecretAccessKey === "string" &&
    typeof Token === "string" &&
    !Number.isNaN(expiration.getTime())
  ) {
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token, expiration };
  }
  throw new NoCredentialsError(`answered without credentials${body.trim() === "null" ? " (null)" : ""}`);
}

function failed(error: unknown): NoCredentialsError {
  const why = error instanceof NoCredentialsError ? messageOf(error) : `could not be asked: ${nameOf(error)}`;
  return new NoCredentialsError(`Greengrass's token exchange service ${why}`, { cause: error });
}

/** A name for the error that cannot contain a secret. */
function nameOf(error: unknown): string {
  const name = codeOf(error) ?? (error instanceof Error ? error.name : "unknown error");
  return name === "ABORT_ERR" || name === "TimeoutError" ? `no answer within ${LIMIT_MS} ms` : name;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
