import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { examineConfiguration } from "../../../src/commands/doctor/examine-configuration.js";
import { reachNucleus } from "../../../src/commands/doctor/reach-nucleus.js";
import { UnreadableSettingsError } from "../../../src/transports/greengrass/read-configuration.js";

describe("reachNucleus", () => {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-reach-"));
  const socket = join(folder, "ipc.socket");
  const server = createServer((connection) => connection.on("error", () => undefined));
  beforeEach(() => new Promise<void>((resolve) => server.listen(socket, resolve)));
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it("reports a configuration that the nucleus cannot send as a problem, and does not judge it as empty", async () => {
    const env = { AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: socket, SVCUID: "token" };
    const why = 'Cannot read "jobs": nucleus lite sends at most 255 keys and values in an answer';
    const connection = {
      configuration: () => Promise.reject(new UnreadableSettingsError(why)),
      isConfigured: async () => true,
      close: async () => {},
    };

    const reached = await reachNucleus(env, "line-4", [], async () => connection as never);

    const found = { raw: reached.configuration, from: "the nucleus" };
    const [line] = examineConfiguration(found, { isLite: true, nowMs: 0 }).lines;
    expect(line).toMatchObject({ state: "PROBLEM", found: expect.stringContaining("Cannot read") });
    expect(reached.lines.map(({ state }) => state)).toEqual(["OK", "OK"]);
    await reached.close();
  });
});
