import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNucleus } from "../../../src/lab/nucleus.js";
import { closeOnlyActivated } from "../../../src/transports/greengrass/native-part.js";
import { TOP } from "../../flows/flow-parts.js";

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
