import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isNucleusListening } from "../../../src/transports/greengrass/listening.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "listening-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (path: string) => isNucleusListening({ AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: path });

describe("isNucleusListening", () => {
  it("is true while something accepts connections at the socket", async () => {
    const path = join(folder, "ipc.socket");
    expect(await at(path)).toBe(false);
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once("listening", resolve));
    expect(await at(path)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    expect(await at(path)).toBe(false);
  });

  it("is false at a file that is not a socket", async () => {
    writeFileSync(join(folder, "file"), "");
    expect(await at(join(folder, "file"))).toBe(false);
  });

  it("is true where no nucleus has started this process", async () => {
    expect(await isNucleusListening({})).toBe(true);
  });
});
