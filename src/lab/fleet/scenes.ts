import { countOf } from "../../base/text.js";
import type { Report } from "../../report/report.js";
import { upgradedWithoutReboot } from "./device-noise.js";
import { devicesIn, type FleetFloor, oneAfterTheOther, someOf } from "./fleet-floor.js";
import { upgradeJetPack } from "./past-days.js";
import type { VirtualDevice } from "./virtual-device.js";

/** Something that happens to the fleet while it is watched. */
interface Scene {
  /** For the help: what happens. */
  readonly description: string;
  readonly play: (floor: FleetFloor) => void | Promise<void>;
}

const MINUTE_MS = 60_000;
const TOPICS = "dt/packdrift/v1";

/** The scenes that `--scene` plays. */
export const SCENES = {
  "jetpack-upgrade": {
    description: "a group of Jetsons gets JetPack 5.1.1 within a minute",
    play(floor) {
      const jetsons = devicesIn(floor, "press").filter(isFine);
      floor.say(`JetPack 5.1.1 comes to ${countOf(jetsons.length, "device")} within a minute`);
      upgradeJetPack(floor, jetsons, MINUTE_MS);
    },
  },
  "driver-upgrade": {
    description: "a driver is upgraded on the paint line's cards, and nobody reboots",
    play(floor) {
      const cards = devicesIn(floor, "paint");
      floor.say(`The driver's libraries are upgraded on ${countOf(cards.length, "device")}, without a reboot`);
      const change = (device: VirtualDevice) => device.change(upgradedWithoutReboot(device.facts, "450.142.00"));
      oneAfterTheOther(floor, cards, MINUTE_MS, change);
    },
  },
  silent: {
    description: "a fifth of the devices loses power",
    async play(floor) {
      const lost = someOf(floor.devices.filter(isFine), 20);
      floor.say(`${countOf(lost.length, "device")} lose power: ${names(lost)}`);
      await Promise.all(lost.map((device) => device.stop("lost")));
    },
  },
  hole: {
    description: "a report is lost, and its device does not know",
    play: (floor) =>
      onOne(floor, async (device) => {
        const lost = await device.skip();
        floor.say(`${device.thing}: report ${lost?.sequence} is lost, and nobody will name it`);
        await device.check("COMMAND");
      }),
  },
  "named-gap": {
    description: "a device drops a report and says so",
    play: (floor) =>
      onOne(floor, async (device) => {
        const dropped = await device.discard();
        floor.say(`${device.thing}: drops report ${dropped?.sequence}, and names it in the next one`);
        await device.check("COMMAND");
      }),
  },
  forged: { description: "somebody publishes reports in other devices' names", play: forge },
  "broker-outage": { description: "the broker is down for 90 seconds while devices change", play: outage },
  "state-lost": {
    description: "a device's disk is replaced, so it begins a new epoch",
    play: (floor) =>
      onOne(floor, async (device) => {
        floor.say(`${device.thing}: starts with an empty disk`);
        await device.loseState();
      }),
  },
  returns: {
    description: "a third of the devices comes back at once after two minutes without a network",
    async play(floor) {
      const away = someOf(floor.devices.filter(isFine), 33);
      floor.say(`${countOf(away.length, "device")} lose the network for two minutes`);
      await Promise.all(away.map((device) => device.unplug()));
      for (const device of away) void device.check("COMMAND");
      floor.time.later(2 * MINUTE_MS, () => {
        floor.say(`${countOf(away.length, "device")} are back, with what they could not send`);
        for (const device of away) void device.plug();
      });
    },
  },
} as const satisfies Readonly<Record<string, Scene>>;

export type SceneName = keyof typeof SCENES;

export function isSceneName(name: string): name is SceneName {
  return Object.hasOwn(SCENES, name);
}

/** When the first scene begins, and how far apart they are. */
const FIRST_MS = 15_000;
const APART_MS = 30_000;

/** Puts the scenes on the clock. `scale`: how much faster than the real one it runs. */
export function planScenes(floor: FleetFloor, scenes: readonly SceneName[], scale: number): void {
  for (const [at, name] of scenes.entries()) {
    floor.time.later((FIRST_MS + at * APART_MS) * scale, () => void SCENES[name].play(floor));
  }
}

/** Four forgeries: another verdict under a sent report's id, another thing's topic, a missing signature, and no report at all. */
async function forge(floor: FleetFloor): Promise<void> {
  const fine = floor.devices.filter(isFine);
  const [one, other] = fine.filter(({ signs, last }) => !signs && last !== null);
  const signing = fine.find(({ signs, last }) => signs && last !== null);
  const on = ({ thing }: VirtualDevice, report: unknown) =>
    floor.publish(`${TOPICS}/${thing}/report`, typeof report === "string" ? report : JSON.stringify(report));
  if (one?.last != null) {
    floor.say(`Forged: a second report ${one.last.id} of ${one.thing}, with another verdict`);
    await on(one, { ...one.last, runnable: "WILL_NOT_RUN", drift: "DRIFTED" });
  }
  if (one?.last != null && other !== undefined) {
    floor.say(`Forged: a report of ${one.thing} on the topic of ${other.thing}`);
    await on(other, one.last);
  }
  if (signing?.last != null) {
    floor.say(`Forged: the next report of ${signing.thing}, not signed`);
    await on(signing, unsigned(signing.last));
  }
  if (one !== undefined) await on(one, "<script>alert(1)</script>");
}

function unsigned(report: Report): unknown {
  const { signature: _, ...rest } = report;
  const sequence = report.sequence + 1;
  return { ...rest, sequence, id: `${report.epoch}.${sequence}`, runnable: "RUNNABLE" };
}

const OUTAGE_MS = 90_000;

async function outage(floor: FleetFloor): Promise<void> {
  const { broker } = floor;
  if (broker === null) return floor.say("broker-outage needs the lab's own broker: leave --broker out");
  floor.say("The broker goes down for 90 seconds");
  await broker.stop();
  for (const device of someOf(floor.devices.filter(isFine), 30)) void device.check("COMMAND");
  floor.time.later(OUTAGE_MS, () => {
    floor.say("The broker is back");
    void broker.start();
  });
}

async function onOne(floor: FleetFloor, action: (device: VirtualDevice) => Promise<void>): Promise<void> {
  const device = floor.devices.find(isFine);
  if (device !== undefined) await action(device);
}

/** On, connected, and its model runs. */
function isFine(device: VirtualDevice): boolean {
  return device.isOn && device.isConnected && device.last?.runnable !== "WILL_NOT_RUN";
}

const MOST_NAMED = 5;

function names(devices: readonly VirtualDevice[]): string {
  const named = devices.slice(0, MOST_NAMED).map(({ thing }) => thing);
  return named.join(", ") + (devices.length > MOST_NAMED ? ", …" : "");
}
