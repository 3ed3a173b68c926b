import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Assets, PageParts } from "../../../src/fleet/web/ports.js";
import { type FleetServing, serveFleet } from "../../../src/fleet/web/serve-fleet.js";
import type { HttpService } from "../../../src/platform/http-server.js";
import { NOW } from "./fake-devices.js";
import type { FakeFleet } from "./fake-fleet.js";

const DIST = join(import.meta.dirname, "../../../dist");

/** The built script and sheet. */
export function assetsOf(): Assets {
  const read = (name: string) => readFileSync(join(DIST, name), "utf8");
  return { script: read("live-page.js"), style: read("live-page.css") };
}

export function partsOf(fleet: FakeFleet, errors: unknown[] = []): PageParts {
  return {
    questions: fleet.questions,
    actions: fleet.actions,
    alarms: fleet.alarms,
    changes: fleet.changes,
    assets: assetsOf(),
    receivesFrom: "mqtts://broker.factory.example:8883",
    receiver: () => ({
      ...{ connected: true, since: new Date(NOW - 3_600_000).toISOString() },
      ...{ queued: 0, lagSeconds: 0, deferred: 0, stuck: false },
    }),
    topicPrefix: "dt/packdrift/v1",
    metrics: async () => "# TYPE packdrift_things gauge\npackdrift_things 3\n",
    isHealthy: async () => true,
    now: () => NOW,
    version: "0.0.0-test",
    onError: (error) => errors.push(error),
  };
}

/** A fleet's pages on a free port of the loopback address. */
export function serveFake(
  fleet: FakeFleet,
  {
    errors = [],
    parts = {},
    ...serving
  }: { errors?: unknown[]; parts?: Partial<PageParts> } & Partial<FleetServing> = {},
): Promise<HttpService> {
  return serveFleet(
    { ...partsOf(fleet, errors), ...parts },
    { host: "127.0.0.1", port: 0, tokensFile: null, trusted: null, tls: null, hostNames: [], ...serving },
  );
}
