import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Nucleus, startNucleus } from "../../../src/lab/nucleus.js";
import { closeOnlyActivated } from "../../../src/transports/greengrass/native-part.js";
import { TOP } from "../../flows/flow-parts.js";
import { runs } from "../../long-runs.js";

const NAME = "io.packdrift.Monitor";

describe("closeOnlyActivated", () => {
  /** A class as aws-crt's, whose activations the test decides. */
  function scene() {
    const closed: string[] = [];
    class Streams {
      active = false;
      decide: { readonly activated: () => void; readonly failed: () => void } | null = null;
      constructor(readonly name: string) {}
      activate(_options: unknown): Promise<unknown> {
        return new Promise<void>((resolve, reject) => {
          const activated = () => {
            this.active = true;
            resolve();
          };
          this.decide = { activated, failed: () => reject(new Error("not written")) };
        });
      }
      isActive() {
        return this.active;
      }
      close() {
        closed.push(this.name);
      }
    }
    closeOnlyActivated(Streams);
    return { Streams, closed };
  }

  it("closes an activated stream at once", async () => {
    const { Streams, closed } = scene();
    const stream = new Streams("a");
    const activated = stream.activate(null);
    stream.decide?.activated();
    await activated;

    stream.close();

    expect(closed).toEqual(["a"]);
  });

  it("closes a stream that waits for its activation when it is activated", async () => {
    const { Streams, closed } = scene();
    const stream = new Streams("a");
    const activated = stream.activate(null);

    stream.close();
    expect(closed).toEqual([]);
    stream.decide?.activated();
    await activated;

    expect(closed).toEqual(["a"]);
  });

  it("never closes a stream whose activation fails, before or after close", async () => {
    const { Streams, closed } = scene();
    const [before, after] = [new Streams("before"), new Streams("after")];
    const activations = [before, after].map((stream) => stream.activate(null));
    after.close();
    for (const { decide } of [before, after]) decide?.failed();
    await expect(Promise.all(activations)).rejects.toThrow("not written");

    before.close();
    await Promise.allSettled(activations);

    expect(closed).toEqual([]);
  });

  it("changes a class once, however often it is asked", async () => {
    const { Streams, closed } = scene();
    closeOnlyActivated(Streams);
    const stream = new Streams("a");
    const activated = stream.activate(null);
    stream.close();
    stream.decide?.activated();
    await activated;

    expect(closed).toEqual(["a"]);
  });
});

describe("the native part of the SDK", () => {
  let folder = "";
  let nucleus: Nucleus;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-native-"));
    await build({
      entryPoints: PROGRAMS.map((name) => join(import.meta.dirname, `${name}.ts`)),
      outdir: join(TOP, "dist/native"),
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      logLevel: "error",
    });
    const broker = { publish: async () => {}, subscribe: async () => async () => {}, onOnline: () => () => {} };
    nucleus = await startNucleus({
      flavour: "classic",
      rootFolder: folder,
      broker: { online: true, close: async () => {}, ...broker },
      components: [{ name: NAME }, { name: "aws.greengrass.Cli", version: "2.12.0" }],
    });
  });
  afterAll(async () => {
    await nucleus.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("survives connections that drop while a call is written", async () => {
    const drops = runs(300);
    nucleus.answerWith("GetComponentDetails", "drop");

    expect(await ended(start("dropped-calls", drops))).toEqual({
      code: 0,
      signal: null,
      output: `${JSON.stringify({ drops })}\n`,
    });
  });

  it("survives subscriptions that were closed unsent when the connection to a nucleus that stopped reading drops", async () => {
    const path = join(folder, "deaf.sock");
    const proxy = await startDeafProxy(path, nucleus.socketPath);
    const child = start("unsent-subscriptions", 3, { AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: path });
    child.stdout.on("data", (data) => {
      if (String(data).includes("drop\n")) proxy.drop();
    });

    expect(await ended(child)).toEqual({ code: 0, signal: null, output: 'drop\ndrop\ndrop\n{"drops":3}\n' });
    await proxy.close();
  });

  function start(program: (typeof PROGRAMS)[number], rounds: number, env: NodeJS.ProcessEnv = {}) {
    return spawn(process.execPath, [join(TOP, `dist/native/${program}.mjs`), String(rounds)], {
      env: { ...process.env, ...nucleus.environmentOf(NAME), ...env },
    });
  }
});

const PROGRAMS = ["dropped-calls", "unsent-subscriptions"] as const;

/** A nucleus that reads the Connect and nothing behind it: what a client sends next fills its socket. */
async function startDeafProxy(path: string, nucleusPath: string) {
  let drop = () => {};
  const server = createServer((client) => {
    const upstream = connect(nucleusPath);
    for (const socket of [client, upstream]) socket.on("error", () => undefined);
    upstream.pipe(client);
    client.once("data", (connectFrame) => {
      client.pause();
      upstream.write(connectFrame);
    });
    drop = () => {
      client.destroy();
      upstream.destroy();
    };
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { drop: () => drop(), close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

/** How a process ended, and all that it wrote. */
async function ended(child: ChildProcessWithoutNullStreams) {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      output += String(data);
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const [code, signal] = await once(child, "close");
  clearTimeout(timer);
  return { code, signal, output };
}
