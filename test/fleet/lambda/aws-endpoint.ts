import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseCredentials } from "../../../src/archive/access/credentials.js";
import { authentication } from "../../../src/archive/access/signature.js";
import { signatureV4 } from "../../../src/platform/signature-v4.js";

/** The role's key that the function has in tests. */
export const ROLE = {
  AWS_ACCESS_KEY_ID: "ASIAROLE",
  AWS_SECRET_ACCESS_KEY: "of the role",
  AWS_SESSION_TOKEN: "token of the role",
};
const KEYS = `[role]
aws_access_key_id = ${ROLE.AWS_ACCESS_KEY_ID}
aws_secret_access_key = ${ROLE.AWS_SECRET_ACCESS_KEY}
aws_session_token = ${ROLE.AWS_SESSION_TOKEN}
`;

/** A request that AWS would have accepted. */
export interface Signed {
  readonly service: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Services of AWS at one address: checks each signature as they do, and answers what a test says. */
export async function awsEndpoint(answer: (request: Signed) => Answer | "hang up") {
  const requests: Signed[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const service = /Credential=[^/]+\/\d+\/[^/]+\/(\w+)\//.exec(headers.authorization ?? "")?.[1] ?? "";
    const url = request.url ?? "";
    const check = authentication({
      credentials: async () => parseCredentials(KEYS, "keys"),
      signer: signatureV4(),
      now: Date.now,
      service,
    });
    const caller = await check({ method: request.method ?? "", url, headers, body });
    if ("message" in caller) {
      response.writeHead(403, { "x-amzn-errortype": caller.name }).end(JSON.stringify({ message: caller.message }));
      return;
    }
    const signed = { service, url, headers, body };
    requests.push(signed);
    const reply = answer(signed);
    if (reply === "hang up") request.socket.destroy();
    else response.writeHead(reply.status ?? 200, reply.headers ?? {}).end(reply.body ?? "{}");
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
