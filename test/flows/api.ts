import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** How the API answers a path; "silent": never. */
export type ApiAnswer = { readonly status: number; readonly body: object } | "silent";

/** An API that describes every job alike, under the name that it is asked for. */
export function startApiOfOne(answer: { readonly ModelPackagingDescription: object }) {
  return startApi((path) => {
    const JobName = /modelpackagingjobs\/(.+)$/.exec(path)?.[1];
    return { status: 200, body: { ModelPackagingDescription: { ...answer.ModelPackagingDescription, JobName } } };
  });
}

/** An API of DescribeModelPackagingJob's wire shape on loopback with answers that the test sets and may change. */
export async function startApi(first: (path: string) => ApiAnswer) {
  const asked: string[] = [];
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    authorizations.push(request.headers.authorization ?? "");
    request.resume();
    const answer = api.answer(path);
    if (answer === "silent") return;
    const type = (answer.body as { __type?: string }).__type;
    response.writeHead(answer.status, {
      "content-type": "application/json",
      ...(type === undefined ? {} : { "x-amzn-errortype": type }),
    });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const api = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    authorizations,
    answer: first,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;
}
