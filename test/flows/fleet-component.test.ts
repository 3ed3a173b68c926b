import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lacks } from "../needed.js";
import { untilResolved } from "../until.js";
import { startAlone, THING } from "./alone.js";
import { type FleetProcess, startFleetProcess } from "./fleet-process.js";

describe.skipIf(lacks("mosquitto", "openssl"))("a component and its fleet", () => {
  let device: Awaited<ReturnType<typeof startAlone>>;
  let fleet: FleetProcess;
  let url = "";
  beforeAll(async () => {
    device = await startAlone();
    // Begins anew once the fleet listens: its first report is the first that is heard.
    await device.logged("agent.starting");
    await device.stop();
    rmSync(device.work, { recursive: true, force: true });
    fleet = startFleetProcess([
      "--broker",
      `mqtt://127.0.0.1:${device.broker.plainPort}`,
      "--store",
      join(device.work, "../fleet.db"),
    ]);
    url = await fleet.url();
    await fleet.logged("broker.subscribed");
    device.again();
  });
  afterAll(async () => {
    await fleet.stop();
    await device.close();
  });

  const get = async (path: string) => {
    const answer = await fetch(`${url}${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  /** The answer of the API, once it is so. */
  const once = (path: string, expected: object) =>
    untilResolved(async () => {
      const found = await get(path);
      expect(found).toMatchObject(expected);
      return found;
    });

  it("frees the outbox by what the fleet has stored, shows the device, and answers requests", async () => {
    await device.logged("report.acknowledged");
    await once(`/api/devices/${THING}`, { thing: THING, drift: "IN_SYNC", runnable: "RUNNABLE", state: "fresh" });
    // The fleet asks a device that is new to it.
    await untilResolved(async () => {
      const { facts } = await get(`/api/devices/${THING}`);
      expect(facts).toMatchObject({ arch: { value: "X86_64" } });
    });

    for (const command of ["flush", "doctor"]) {
      const asked = await fetch(`${url}/api/requests`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: url },
        body: JSON.stringify({ command, filter: { drift: "IN_SYNC" } }),
      });
      expect(asked.status).toBe(202);
      const { id } = (await asked.json()) as { id: string };
      await once(`/api/requests/${id}`, { command, asked: 1, answered: 1, waiting: 0, silent: 0 });
    }
    const doctor = await get(`/api/devices/${THING}/doctor`);
    expect(doctor).toMatchObject({ status: "DONE", why: null, version: expect.any(String), well: expect.any(Boolean) });
    expect(doctor.ok).toContainEqual(expect.stringMatching(/^broker/));
    await once("/api/summary", { things: 1, delivery: { missing: 0, conflicts: 0 } });
  });
});
