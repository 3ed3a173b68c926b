import { readFileSync } from "node:fs";
import { DeliveryError } from "../../../src/base/errors.js";
import { createReceiver, type ReceiverOptions } from "../../../src/fleet/receiving/receive.js";
import type { Received } from "../../../src/fleet/receiving/received.js";
import { recordedMachines } from "../../../src/lab/fleet/recorded-machines.js";
import type { OnCommand, Uplinks } from "../../../src/lab/fleet/uplinks.js";
import type { DeviceSpec, DeviceWorld } from "../../../src/lab/fleet/virtual-device.js";
import { type VirtualTime, virtualTime } from "../../../src/lab/fleet/virtual-time.js";
import { sha256 } from "../../../src/platform/seals.js";

export const START = Date.parse("2026-11-20T12:00:00Z");
const GEAR_TEETH = JSON.parse(
  readFileSync(new URL("../../../src/lab/jobs/arm64-nvidia-sm72.json", import.meta.url), "utf8"),
) as unknown;

/** A message as it reached the broker. */
interface Sent {
  readonly topic: string;
  readonly payload: string;
}

/** A broker in memory with a receiver behind it. */
export interface Cloud {
  readonly uplinks: Uplinks;
  /** Everything published, in order. */
  readonly sent: readonly Sent[];
  readonly received: readonly Received[];
  /** While false, nothing can be published. */
  isUp: boolean;
  /** Whether acknowledgements are sent. */
  acknowledges: boolean;
  contiguous: ReturnType<typeof createReceiver>["contiguous"];
  command(thing: string, command: string, body: object): void;
  publish(topic: string, payload: string): void;
}

export function someCloud(options: Partial<ReceiverOptions> = {}): Cloud {
  const receiver = createReceiver({ digest: sha256, ...options });
  const commands = new Map<string, OnCommand>();
  const sent: Sent[] = [];
  const received: Received[] = [];
  const command = (thing: string, name: string, body: object) =>
    commands.get(thing)?.(`cmd/packdrift/v1/${thing}/${name}/req`, JSON.stringify(body));
  const take = (topic: string, payload: string) => {
    sent.push({ topic, payload });
    const [, , , thing = "", kind = ""] = topic.split("/");
    if (kind !== "report" && kind !== "heartbeat") return;
    received.push(...receiver.receive(payload, thing));
    const contiguous = receiver.contiguous(thing);
    if (cloud.acknowledges && contiguous !== null) command(thing, "ack", contiguous);
  };
  const cloud: Cloud = {
    uplinks: {
      async connect(thing, status, onCommand) {
        commands.set(thing, onCommand);
        take(status.topic, status.online);
        return {
          async publish(topic, payload) {
            if (!cloud.isUp) throw new DeliveryError("The broker is down", true);
            take(topic, payload);
          },
          async end(how) {
            commands.delete(thing);
            take(status.topic, how === "lost" ? status.lost : status.stopped);
          },
        };
      },
      close: async () => {},
    },
    sent,
    received,
    isUp: true,
    acknowledges: true,
    contiguous: receiver.contiguous,
    command,
    publish: take,
  };
  return cloud;
}

export function someWorld(cloud: Cloud, time: VirtualTime = virtualTime(START)): DeviceWorld {
  return {
    time,
    uplinks: cloud.uplinks,
    random: () => 0.5,
    jobs: {
      name: "archive http://127.0.0.1:8080",
      describe: async () => ({ answer: GEAR_TEETH, fetchedAt: new Date(time.now()).toISOString() }),
    },
  };
}

export function factsOf(name: string): DeviceSpec["facts"] {
  const machine = recordedMachines().get(name);
  if (machine === undefined) throw new Error(`No machine "${name}" was recorded`);
  return machine.facts;
}

/** An AGX Xavier with JetPack 4.6.1 and the model that was packaged for it; it checks at 02:00. */
export function someDevice(over: Partial<DeviceSpec> = {}): DeviceSpec {
  return {
    thing: "press-07-line-2",
    area: "press",
    facts: factsOf("agx-xavier-jp461"),
    jobs: [{ project: "gear-teeth", job: "gear-teeth-sm72" }],
    deployed: { "com.example.factory.GearTeeth": "3.0.2" },
    schedule: "0 2 * * *",
    jitterSeconds: 0,
    sign: null,
    ...over,
  };
}

/** Resolves once everything that is under way has been done. */
export async function quiet(device: { readonly isIdle: boolean }): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (!device.isIdle);
}
