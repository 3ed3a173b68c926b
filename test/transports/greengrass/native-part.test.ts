import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startNucleus } from "../../../src/lab/nucleus.js";
import { mendStreams } from "../../../src/transports/greengrass/native-part.js";
import { TOP } from "../../flows/flow-parts.js";

const NAME = "io.packdrift.Monitor";

describe("mendStreams", () => {
  afterEach(() => void vi.useRealTimers());

  /** A class as aws-crt's: what is closed natively, and what becomes of activations. */
  function scene() {
    vi.useFakeTimers();
    const log: string[] = [];
    class Streams {
      constructor(readonly name: string) {}
      close() {
        log.push(`close ${this.name}`);
      }
      static _s_on_stream_activated(_resolve: unknown, _reject: unknown, stream: { close(): void }, code: number) {
        log.push(`activated ${(stream as Streams).name} ${code}`);
      }
    }
    mendStreams(Streams);
    return { Streams, log };
  }

  it("closes a stream when no word on its activation can come any more", () => {
    const { Streams, log } = scene();
    const stream = new Streams("a");

    Streams._s_on_stream_activated(null, null, stream, 0);
    stream.close();

    expect(log).toEqual(["activated a 0"]);
    vi.runAllTimers();
    expect(log).toEqual(["activated a 0", "close a"]);
  });

  it("never closes a stream whose activation has failed, before or after it was to be closed", () => {
    const { Streams, log } = scene();
    const [before, after] = [new Streams("before"), new Streams("after")];

    Streams._s_on_stream_activated(null, null, before, 1_051);
    before.close();
    after.close();
    Streams._s_on_stream_activated(null, null, after, 1_051);
    vi.runAllTimers();

    expect(log).toEqual(["activated before 1051", "activated after 1051"]);
  });

  it("mends once, however often it is asked", () => {
    const { Streams, log } = scene();
    mendStreams(Streams);

    Streams._s_on_stream_activated(null, null, new Streams("a"), 0);

    expect(log).toHaveLength(1);
  });
});

describe("the native part of the SDK", () => {
  let folder = "";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-dropped-"));
    await build({
      entryPoints: [join(import.meta.dirname, "dropped-calls.ts")],
      outfile: join(TOP, "dist/dropped-calls.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      logLevel: "error",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("survives 300 connections that drop while a call is written", async () => {
    const broker = { publish: async () => {}, subscribe: async () => async () => {}, onOnline: () => () => {} };
    const nucleus = await startNucleus({
      flavour: "classic",
      rootFolder: folder,
      broker: { online: true, close: async () => {}, ...broker },
      components: [{ name: NAME }, { name: "aws.greengrass.Cli", version: "2.12.0" }],
    });
    nucleus.answerWith("GetComponentDetails", "drop");
    const child = spawn(process.execPath, [join(TOP, "dist/dropped-calls.mjs"), "300"], {
      env: { ...process.env, ...nucleus.environmentOf(NAME) },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data) => {
        output += String(data);
      });
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.once("close", (...end) => resolve(end as [number | null, string | null])),
    );
    clearTimeout(timer);
    await nucleus.close();

    expect({ output, code, signal }).toEqual({ output: '{"drops":300}\n', code: 0, signal: null });
  }, 90_000);
});
