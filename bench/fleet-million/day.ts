/** The kind of a message of the day: `CHANGED` is the complete report of a device that got another JetPack. */
export type Kind = "HEARTBEAT" | "COMPLETE" | "CHANGED";

/** Messages in the order of their arrival. */
export interface Arrivals {
  /** Milliseconds since the phase began. */
  readonly atMs: Float64Array;
  /** The number of the device that each is from. */
  readonly things: Uint32Array;
  readonly kinds: readonly Kind[] | Kind;
}

/** A part of the day. */
export interface Phase {
  readonly name: string;
  readonly title: string;
  /** How many messages it has on the day. */
  readonly messages: number;
  /** By what the lag and the queue are to be multiplied: all of a phase is played as a smaller one, with its messages a second. */
  readonly times: number;
  /** Those that are played; the rest of the phase is like them. */
  readonly arrivals: () => Arrivals;
}

/** When a device that was cut off sends what it has, and what. */
export interface Return {
  readonly afterMs: number;
  readonly kind: Kind;
}

/** The parameters of a day. */
export interface DayParts {
  readonly things: number;
  /** When devices send after the outage, soonest first: a sample of what each of them may do. */
  readonly returns: readonly Return[];
  /** How many reports the average device has to send when the outage is over. */
  readonly waiting: number;
  /** Whether a device of this number can get another JetPack. */
  readonly isJetson: (thing: number) => boolean;
  readonly random: () => number;
  /** Plays everything this many times as fast, so that a few devices send as much as many do. Default: 1. */
  readonly squeeze?: number;
  /** The share of the devices whose return is played, in that share of the time. Default: 1. */
  readonly returning?: number;
}

export const DAY_SECONDS = 86_400;
export const OUTAGE_SECONDS = 3_600;
/** 50,000 of a million. */
const WAVE_SHARE = 0.05;
const WAVE_SECONDS = 600;
const STEADY_PLAYED_SECONDS = 60;
const WAVE_PLAYED_SECONDS = 30;
/** Has no factor in common with the number of things, so that a walk with this stride visits each once. */
const STRIDE = 7_919;

/** The day's parts that differ: heartbeats spread over the day, a wave of upgrades, and the return of all after an outage. */
export function phasesOf(parts: DayParts): readonly Phase[] {
  const { squeeze = 1 } = parts;
  return plainPhases(parts).map(
    (phase): Phase => ({
      ...phase,
      arrivals() {
        const arrivals = phase.arrivals();
        return { ...arrivals, atMs: arrivals.atMs.map((at) => at / squeeze) };
      },
    }),
  );
}

function plainPhases({ things, returns, waiting, isJetson, random, returning: share = 1 }: DayParts): readonly Phase[] {
  const perSecond = things / DAY_SECONDS;
  const boxes = Math.round(things * WAVE_SHARE);
  const jetsons = walk(things, 1, isJetson);
  const others = walk(things, 3);
  const returning = Math.round(things * waiting);
  return [
    {
      name: "heartbeats",
      title: "heartbeats, spread over the day",
      messages: Math.round(perSecond * (DAY_SECONDS - OUTAGE_SECONDS - WAVE_SECONDS)),
      times: 1,
      arrivals: () => {
        const atMs = spread(perSecond * STEADY_PLAYED_SECONDS, STEADY_PLAYED_SECONDS, random);
        return { atMs, things: taken(others, atMs.length), kinds: "HEARTBEAT" };
      },
    },
    {
      name: "wave",
      title: `a JetPack upgrade of ${boxes.toLocaleString("en")} boxes in 10 minutes`,
      messages: boxes + Math.round(perSecond * WAVE_SECONDS),
      times: 1,
      arrivals: () => {
        const changed = (boxes / WAVE_SECONDS) * WAVE_PLAYED_SECONDS;
        const atMs = spread(changed + perSecond * WAVE_PLAYED_SECONDS, WAVE_PLAYED_SECONDS, random);
        const kinds = Array.from(atMs, () => (random() * atMs.length < changed ? "CHANGED" : "HEARTBEAT") as Kind);
        return { atMs, things: Uint32Array.from(kinds, (kind) => (kind === "CHANGED" ? jetsons : others)()), kinds };
      },
    },
    {
      name: "return",
      title: "all are back after an outage of an hour",
      messages: returning,
      times: 1 / share,
      arrivals() {
        const arrivals = scaled(returns, Math.round(share * returning), walk(things, 7));
        return { ...arrivals, atMs: arrivals.atMs.map((at) => share * at) };
      },
    },
  ];
}

/** A number of moments, drawn evenly from a time, in their order. */
function spread(count: number, seconds: number, random: () => number): Float64Array {
  return Float64Array.from({ length: Math.round(count) }, () => random() * seconds * 1_000).sort();
}

/** As many returns as wanted, distributed as the sample is. */
function scaled(sample: readonly Return[], count: number, next: () => number): Arrivals {
  const kinds: Kind[] = [];
  const atMs = Float64Array.from({ length: count }, (_, at) => {
    const rank = ((at + 0.5) / count) * (sample.length - 1);
    const [one, other] = [sample[Math.floor(rank)], sample[Math.ceil(rank)]];
    kinds.push((rank % 1 < 0.5 ? one : other)?.kind ?? "HEARTBEAT");
    const [from, to] = [one?.afterMs ?? 0, other?.afterMs ?? 0];
    return from + (to - from) * (rank % 1);
  });
  return { atMs, things: taken(next, count), kinds };
}

/** Numbers of things in an order unlike that of their names, over and over, of those that `serves` allows. */
function walk(things: number, start: number, serves: (thing: number) => boolean = () => true): () => number {
  let at = start;
  return () => {
    do at = (at + STRIDE) % things;
    while (!serves(at));
    return at;
  };
}

function taken(next: () => number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, next);
}
