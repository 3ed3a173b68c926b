import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server on loopback that answers every request with the same JSON, and records the requests. */
export async function startFaulty(status: number, body: object | ((authorization: string) => object)) {
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    const authorization = request.headers.authorization ?? "";
    authorizations.push(authorization);
    request.resume();
    const answer = typeof body === "function" ? body(authorization) : body;
    const type = (answer as { __type?: string }).__type;
    response.writeHead(status, {
      "content-type": "application/json",
      ...(type === undefined ? {} : { "x-amzn-errortype": type }),
    });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorizations,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}
