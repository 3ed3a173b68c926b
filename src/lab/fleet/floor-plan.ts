import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { ExpectedError } from "../../base/errors.js";
import type { PackagingJob } from "../../job/job.js";
import { deviceNoise } from "./device-noise.js";
import type { RecordedMachine } from "./recorded-machines.js";
import type { DeviceSpec } from "./virtual-device.js";

/** A kind of place on the factory floor: its devices are of one kind and run one job's model. */
interface Area {
  readonly name: string;
  readonly machine: string;
  readonly project: string;
  readonly job: string;
}

/** The areas, each as often as its share of twenty devices. */
const FLOOR: readonly (readonly [count: number, area: Area])[] = [
  [7, { name: "press", machine: "agx-xavier-jp461", project: "gear-teeth", job: "gear-teeth-sm72" }],
  [3, { name: "weld", machine: "agx-xavier-jp45", project: "weld-seams", job: "weld-seams-xavier" }],
  [4, { name: "paint", machine: "aws-g4dn-t4-cuda102", project: "surface-scratch", job: "surface-scratch-t4" }],
  [2, { name: "polish", machine: "aws-g5-a10g-cuda112", project: "surface-scratch", job: "surface-scratch-a10g" }],
  [2, { name: "label", machine: "rpi5-bookworm", project: "label-print", job: "label-print-arm64-cpu" }],
  [2, { name: "bottle", machine: "x86-epyc-server", project: "bottle-caps", job: "bottle-caps-x86-cpu" }],
];
/** Taken in turn, so that a small fleet has some of each. */
const TURNS: readonly Area[] = takenInTurn(FLOOR);

/** Devices check at 02:00 UTC, within ten minutes. */
const SCHEDULE = "0 2 * * *";
const JITTER_SECONDS = 600;
/** One in this many devices has a signing key. */
const SIGNS_EVERY = 4;

/** A virtual fleet before it is switched on. */
export interface FloorPlan {
  readonly devices: readonly DeviceSpec[];
  /** Things that are expected and do not exist. */
  readonly neverHeard: readonly string[];
  /** The public key of each thing that signs, as PEM. */
  readonly keys: ReadonlyMap<string, string>;
}

/** The same devices for the same count, except for their keys: `press-04-line-2` is a Jetson wherever it appears. */
export function floorPlan(
  count: number,
  machines: ReadonlyMap<string, RecordedMachine>,
  jobs: readonly PackagingJob[],
): FloorPlan {
  const counts = new Map<string, number>();
  const next = ({ name }: Area) => {
    const at = counts.get(name) ?? 0;
    counts.set(name, at + 1);
    return `${name}-${String(Math.floor(at / 2) + 1).padStart(2, "0")}-line-${(at % 2) + 1}`;
  };
  const areaAt = (at: number) => TURNS[at % TURNS.length] as Area;
  const keys = new Map<string, string>();
  const devices = Array.from({ length: count }, (_, at): DeviceSpec => {
    const area = areaAt(at);
    const thing = next(area);
    const machine = machines.get(area.machine);
    if (machine === undefined)
      throw new ExpectedError(`Cannot make ${thing}: no machine "${area.machine}" was recorded`);
    const job = jobs.find(({ project, name }) => project === area.project && name === area.job);
    const component = job?.component;
    return {
      thing,
      area: area.name,
      facts: deviceNoise(machine.facts, thing),
      jobs: [{ project: area.project, job: area.job }],
      deployed: component?.name == null ? {} : { [component.name]: component.version ?? "1.0.0" },
      schedule: SCHEDULE,
      jitterSeconds: JITTER_SECONDS,
      sign: at % SIGNS_EVERY === 0 ? newSigner(thing, keys) : null,
    };
  });
  const neverHeard = Array.from({ length: Math.max(1, Math.floor(count / 200)) }, (_, at) => next(areaAt(count + at)));
  return { devices, neverHeard, keys };
}

function newSigner(thing: string, keys: Map<string, string>): (text: string) => string {
  const pair = generateKeyPairSync("ed25519");
  keys.set(thing, pair.publicKey.export({ type: "spki", format: "pem" }).toString());
  const key = createPrivateKey(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  return (text) => sign(null, Buffer.from(text), key).toString("base64url");
}

/** Spreads the areas evenly: each turn goes to the area that is furthest behind its share. */
function takenInTurn(floor: typeof FLOOR): readonly Area[] {
  const total = floor.reduce((sum, [count]) => sum + count, 0);
  const taken = floor.map(() => 0);
  return Array.from({ length: total }, (_, turn) => {
    const behind = floor.map(([count], at) => ((turn + 1) * count) / total - (taken[at] ?? 0));
    const at = behind.indexOf(Math.max(...behind));
    taken[at] = (taken[at] ?? 0) + 1;
    return (floor[at] as (typeof FLOOR)[number])[1];
  });
}
