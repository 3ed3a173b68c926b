import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { request as tlsRequest } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type HttpService, type ServedReply, type ServedRequest, serveHttp } from "../../src/platform/http-server.js";
import type { StreamedReply } from "../../src/platform/http-stream.js";
import { lacks } from "../needed.js";
import { selfSigned } from "../self-signed.js";

const services: HttpService[] = [];
afterEach(() => Promise.all(services.splice(0).map((service) => service.close())));

async function serve(
  handler: (
    request: ServedRequest,
  ) => ServedReply | StreamedReply | Promise<ServedReply> | Promise<ServedReply | StreamedReply>,
  {
    errors = [],
    ...more
  }: {
    errors?: unknown[];
    requestTimeoutMs?: number;
    answerTimeoutMs?: number;
    mostBodyBytes?: number;
    tls?: { cert: string; key: string };
    host?: string;
  } = {},
): Promise<string> {
  const service = await serveHttp(handler, {
    host: "127.0.0.1",
    port: 0,
    onError: (error) => errors.push(error),
    ...more,
  });
  services.push(service);
  return service.url;
}

const echo = async ({ method, url }: ServedRequest): Promise<ServedReply> => ({
  status: 201,
  headers: { "x-told": "yes" },
  body: `${method} ${url} ä`,
});

interface Got {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

function send(url: string, options: object = {}, body?: string): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Everything that the server says to these bytes until it ends the connection. */
function sendRaw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.on("close", () => resolve(Buffer.concat(chunks).toString()));
  });
}

async function* words(all: readonly (string | Error)[]): AsyncGenerator<string> {
  for (const each of all) {
    if (each instanceof Error) throw each;
    yield each;
  }
}

/** One word over and over, until it is stopped. */
async function* endless(stop: () => void, word = "word "): AsyncGenerator<string> {
  try {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      yield word;
    }
  } finally {
    stop();
  }
}

describe("serveHttp", () => {
  it("hands on method and undecoded URL, and sends what the handler returns", async () => {
    const url = await serve(echo);

    const { status, headers, body } = await send(`${url}/a%2Fb?c=%20`);

    expect([status, headers["x-told"], headers["content-length"], body]).toEqual([
      201,
      "yes",
      "19",
      "GET /a%2Fb?c=%20 ä",
    ]);
  });

  it("answers HEAD without a body, and a request with a body", async () => {
    const url = await serve(echo);

    expect(await send(url, { method: "HEAD" })).toMatchObject({
      status: 201,
      body: "",
      headers: { "content-length": "9" },
    });
    expect((await send(url, { method: "POST" }, "x".repeat(60_000))).body).toBe("POST / ä");
  });

  it("passes on headers in lower case, one text each", async () => {
    let seen: Readonly<Record<string, string>> = {};
    const url = await serve(async (asked) => {
      seen = asked.headers;
      return { status: 200, headers: {}, body: "" };
    });

    await send(url, { headers: { "X-One": "1", "X-Two": ["a", "b"] } });

    expect([seen["x-one"], seen["x-two"]]).toEqual(["1", "a, b"]);
  });

  it("keeps a connection for the next request", async () => {
    const url = await serve(echo);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<unknown>();
    for (let count = 0; count < 3; count += 1) {
      await new Promise<void>((resolve) => {
        request(url, { agent }, (response) => {
          ports.add(response.socket.localPort);
          response.resume().on("end", resolve);
        }).end();
      });
    }
    agent.destroy();

    expect(ports.size).toBe(1);
  });

  it("answers 500 when the handler throws, reports the error, and continues", async () => {
    const errors: unknown[] = [];
    const bug = new Error("bug");
    const url = await serve(
      async ({ url: path }) => (path === "/bug" ? Promise.reject(bug) : { status: 200, headers: {}, body: "" }),
      { errors },
    );

    expect(await send(`${url}/bug`)).toMatchObject({ status: 500, body: "" });
    expect((await send(url)).status).toBe(200);
    expect(errors).toEqual([bug]);
  });

  it("refuses headers that are too large", async () => {
    const url = await serve(echo);

    expect(await sendRaw(url, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
  });

  it("cuts a body that is too large", async () => {
    const url = await serve(() => new Promise(() => {}));

    expect(
      await sendRaw(url, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n${"x".repeat(100_000)}`),
    ).toBe("");
  });

  it("passes on a body up to the limit, and null for a longer one", async () => {
    const url = await serve(
      async ({ content }) => ({ status: 200, headers: {}, body: content === null ? "null" : String(content?.length) }),
      { mostBodyBytes: 40_000 },
    );

    const post = async (bytes: number) => (await send(url, { method: "POST" }, "x".repeat(bytes))).body;
    expect([await post(40_000), await post(40_001), (await send(url)).body]).toEqual(["40000", "null", "undefined"]);
    expect(
      await sendRaw(url, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n${"x".repeat(100_000)}`),
    ).toBe("");
  });

  it("streams a reply as it is made, and sends no body for HEAD", async () => {
    const url = await serve(async () => ({
      status: 200,
      headers: { "x-told": "yes" },
      stream: words(["a", "b", "c"]),
    }));

    expect(await send(url)).toMatchObject({ status: 200, body: "abc", headers: { "x-told": "yes" } });
    expect(await send(url, { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  it("stops making a streamed reply when the client goes away", async () => {
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const url = await serve(async () => ({ status: 200, headers: {}, stream: endless(stop) }));

    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    socket.once("data", () => socket.destroy());

    await stopped;
  });

  it("cuts the connection when a stream fails, and reports the error", async () => {
    const errors: unknown[] = [];
    const bug = new Error("bug");
    const url = await serve(async () => ({ status: 200, headers: {}, stream: words(["a", bug]) }), { errors });

    const received = await sendRaw(url, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

    expect(received).toMatch(/^HTTP\/1.1 200 /);
    // A whole one ends with a chunk of no bytes.
    expect(received).not.toContain("\r\n0\r\n");
    expect(errors).toEqual([bug]);
  });

  it("disconnects a client that stops reading a stream", async () => {
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const url = await serve(async () => ({ status: 200, headers: {}, stream: endless(stop, "x".repeat(1_000_000)) }), {
      answerTimeoutMs: 200,
    });

    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    socket.on("error", () => {});
    socket.pause();

    await stopped;
    socket.destroy();
  });

  it("disconnects a client that does not read the replies that waited for an earlier one", async () => {
    const url = await serve(
      ({ url: path }) => {
        const reply = { status: 200, headers: {}, body: "x".repeat(100_000) };
        return path === "/later"
          ? new Promise((resolve) => setTimeout(() => resolve({ ...reply, body: "" }), 50))
          : reply;
      },
      { answerTimeoutMs: 200 },
    );
    const { hostname, port } = new URL(url);
    const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const socket = connect(Number(port), hostname, () => socket.write(ask("/later") + ask("/").repeat(400)));
    socket.pause();

    // A client that reads nothing notices only when it writes.
    const writing = setInterval(() => socket.write("\r\n"), 50);
    await new Promise<void>((resolve) => socket.once("error", () => resolve()));

    clearInterval(writing);
  });

  it("disconnects a client that sends its request too slowly", async () => {
    const url = await serve(echo, { requestTimeoutMs: 200 });

    expect(await sendRaw(url, "GET / HTTP/1.1\r\nHost: a\r\n")).toMatch(/^HTTP\/1.1 408 /);
  });

  it("answers garbage with 400", async () => {
    const url = await serve(echo);

    expect(await sendRaw(url, "\u0000\u0001 hello\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  });

  it("fails to listen where another server does", async () => {
    const { port } = new URL(await serve(echo));

    await expect(serveHttp(echo, { host: "127.0.0.1", port: Number(port), onError: () => {} })).rejects.toThrow(
      "EADDRINUSE",
    );
  });

  it("gives one address only a share of the connections, and leaves others the rest", async () => {
    const url = new URL(await serve(echo, { host: "127.0.0.1" }));
    const open = (localAddress: string) => {
      const socket = connect({ host: url.hostname, port: Number(url.port), localAddress });
      socket.on("error", () => {});
      return socket;
    };
    const many = Array.from({ length: 129 }, () => open("127.0.0.2"));
    const cut = await Promise.race(
      many.map((socket) => new Promise((resolve) => socket.once("close", () => resolve("cut")))),
    );

    expect(cut).toBe("cut");
    expect(await send(url.href, { localAddress: "127.0.0.3" })).toMatchObject({ status: 201 });
    many[0]?.destroy();
    many[1]?.destroy();
    await expect
      .poll(() =>
        send(url.href, { localAddress: "127.0.0.2" }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(201);
    for (const socket of many) socket.destroy();
  });

  it("closes at once, although clients wait for answers", async () => {
    let asked = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const url = await serve(() => {
      asked();
      return new Promise(() => {});
    });
    const cut = sendRaw(url, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await waiting;

    await services.pop()?.close();

    expect(await cut).toBe("");
  });

  it("survives a client that goes away before its answer, or while it is sent", async () => {
    const errors: unknown[] = [];
    const gone: (() => void)[] = [];
    const url = await serve(
      async ({ url: path }) => {
        if (path === "/waits") await new Promise<void>((resolve) => gone.push(resolve));
        return { status: 200, headers: {}, body: path === "/large" ? "x".repeat(20_000_000) : "" };
      },
      { errors },
    );
    const { hostname, port } = new URL(url);
    const leave = (path: string, when: string) =>
      new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
        socket.on("error", () => {});
        socket.once(when === "data" ? "data" : "ready", () => setImmediate(() => socket.resetAndDestroy()));
        socket.once("close", () => resolve());
      });

    await Promise.all([leave("/waits", "ready"), leave("/waits", "ready"), leave("/large", "data")]);
    for (const answer of gone) answer();

    expect([(await send(url)).status, errors]).toEqual([200, []]);
  });

  it("answers what a handler returns at once, and 500 for what it throws at once", async () => {
    const errors: unknown[] = [];
    const url = await serve(
      ({ url: path }) => {
        if (path === "/bug") throw new Error("bug");
        return { status: 200, headers: {}, body: "at once" };
      },
      { errors },
    );

    expect((await send(url)).body).toBe("at once");
    expect([(await send(`${url}/bug`)).status, errors.length]).toEqual([500, 1]);
  });

  it("disconnects a client that does not read its answer", async () => {
    const url = await serve(async () => ({ status: 200, headers: {}, body: "x".repeat(20_000_000) }), {
      answerTimeoutMs: 200,
    });
    const { hostname, port } = new URL(url);

    const cut = await new Promise<unknown>((resolve) => {
      const socket = connect(Number(port), hostname);
      socket.pause();
      // Only by writing does a client that does not read see that it was cut.
      const knocking = setInterval(() => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 20);
      socket.on("error", (error: NodeJS.ErrnoException) => {
        clearInterval(knocking);
        resolve(error.code);
      });
    });

    expect(cut).toMatch(/^(EPIPE|ECONNRESET)$/);
  });

  it.skipIf(lacks("openssl"))("serves TLS with a certificate", async () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-tls-"));
    const { cert, key } = selfSigned(folder);
    const tls = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    rmSync(folder, { recursive: true });
    const url = await serve(echo, { tls });

    const status = await new Promise((resolve, reject) => {
      tlsRequest(url, { ca: tls.cert }, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });

    expect([status, url]).toEqual([201, expect.stringMatching(/^https:\/\/127\.0\.0\.1:/)]);
    expect(await sendRaw(url.replace("https", "http"), "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("");
  });
});
