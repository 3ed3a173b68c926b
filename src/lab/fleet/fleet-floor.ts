import type { RecordedMachine } from "./recorded-machines.js";
import type { VirtualDevice } from "./virtual-device.js";
import type { VirtualTime } from "./virtual-time.js";

/** A broker that can be switched off. */
export interface SwitchedBroker {
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** The virtual fleet, for what happens to it. */
export interface FleetFloor {
  readonly devices: readonly VirtualDevice[];
  readonly machines: ReadonlyMap<string, RecordedMachine>;
  readonly time: VirtualTime;
  /** Publishes as another client, on any topic. */
  readonly publish: (topic: string, payload: string) => Promise<void>;
  /** Null where the broker is not the lab's own. */
  readonly broker: SwitchedBroker | null;
  /** Tells the user what happens. */
  readonly say: (text: string) => void;
}

/** The devices of an area that are switched on, in order of their names. */
export function devicesIn(floor: FleetFloor, area: string): readonly VirtualDevice[] {
  return floor.devices
    .filter((device) => device.area === area && device.isOn)
    .sort((a, b) => (a.thing < b.thing ? -1 : 1));
}

/** The first `percent` of the items, at least one if there are any. */
export function someOf<T>(all: readonly T[], percent: number): readonly T[] {
  return all.slice(0, Math.max(1, Math.round((all.length * percent) / 100)));
}

/** Does something to each of the devices, spread evenly over a time from now. */
export function oneAfterTheOther(
  { time }: Pick<FleetFloor, "time">,
  devices: readonly VirtualDevice[],
  overMs: number,
  action: (device: VirtualDevice) => unknown,
): void {
  for (const [at, device] of devices.entries()) time.later((overMs * at) / devices.length, () => void action(device));
}
