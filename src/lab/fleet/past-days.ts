import type { DeviceFacts } from "../../device/facts.js";
import { deviceNoise, upgradedWithoutReboot } from "./device-noise.js";
import { devicesIn, type FleetFloor, oneAfterTheOther, someOf } from "./fleet-floor.js";
import type { VirtualDevice } from "./virtual-device.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How many days of history the fleet has when the lab begins. */
export const PAST_DAYS = 6;

/** Something that happened, and how long before the lab begins. */
interface Event {
  readonly agoMs: number;
  readonly happen: (floor: FleetFloor) => void;
}

/**
 * The history that the page shows when it opens: half of the presses got another JetPack in one night, the paint shop's driver was
 * upgraded without a reboot, a bottle line got another computer; one device is silent, one late, one was offline for two days.
 */
const EVENTS: readonly Event[] = [
  { agoMs: 5 * DAY_MS, happen: (floor) => oneOf(floor, "weld", (device) => device.deploy(WELD_SEAMS, "6.2.0")) },
  { agoMs: 4.3 * DAY_MS, happen: (floor) => lastOf(floor, "polish", (device) => device.stop("lost")) },
  { agoMs: 4 * DAY_MS, happen: (floor) => oneOf(floor, "label", (device) => device.unplug()) },
  { agoMs: 1.7 * DAY_MS, happen: (floor) => oneOf(floor, "label", (device) => device.plug()) },
  { agoMs: 39 * HOUR_MS, happen: (floor) => lastOf(floor, "weld", (device) => device.stop("lost")) },
  {
    agoMs: 33 * HOUR_MS,
    happen: (floor) => upgradeJetPack(floor, someOf(devicesIn(floor, "press"), 55), 30 * MINUTE_MS),
  },
  {
    agoMs: 20 * HOUR_MS,
    happen(floor) {
      const change = (device: VirtualDevice) => device.change(upgradedWithoutReboot(device.facts, "450.119.03"));
      oneAfterTheOther(floor, someOf(devicesIn(floor, "paint"), 75), 20 * MINUTE_MS, change);
    },
  },
  {
    agoMs: 7 * HOUR_MS,
    happen: (floor) =>
      lastOf(floor, "bottle", (device) => device.change(machineFor(floor, device, "x86-laptop-no-avx"))),
  },
];
const WELD_SEAMS = "com.example.factory.WeldSeams";
/** All devices are switched on within this time. */
const START_MS = 4 * MINUTE_MS;

/** Plays the past days on the clock, which is set to their beginning. */
export function planPastDays(floor: FleetFloor, endMs: number): void {
  const { time } = floor;
  oneAfterTheOther(floor, floor.devices, START_MS, (device) => device.start());
  for (const { agoMs, happen } of EVENTS) time.later(endMs - agoMs - time.now(), () => happen(floor));
}

/** Gives devices another JetPack, as it was recorded on the same kind of machine. */
export function upgradeJetPack(floor: FleetFloor, devices: readonly VirtualDevice[], overMs: number): void {
  oneAfterTheOther(floor, devices, overMs, (device) => device.change(machineFor(floor, device, "agx-xavier-jp511")));
}

/** The facts of a recorded machine, varied as for this device. */
function machineFor({ machines }: FleetFloor, { thing }: VirtualDevice, name: string): DeviceFacts {
  const machine = machines.get(name);
  if (machine === undefined) throw new Error(`No machine "${name}" was recorded`);
  return deviceNoise(machine.facts, thing);
}

function oneOf(floor: FleetFloor, area: string, action: (device: VirtualDevice) => unknown): void {
  const [first] = devicesIn(floor, area);
  if (first !== undefined) void action(first);
}

function lastOf(floor: FleetFloor, area: string, action: (device: VirtualDevice) => unknown): void {
  const last = devicesIn(floor, area).at(-1);
  if (last !== undefined) void action(last);
}
