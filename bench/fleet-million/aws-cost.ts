import { shownNumber } from "./numbers.js";

/** What a fleet does in a month. */
export interface MonthlyUse {
  readonly things: number;
  /** Reports and heartbeats, and their average size. */
  readonly reports: number;
  readonly messageBytes: number;
  readonly echoSeconds: number;
  /** A month's average. */
  readonly storeGb: number;
  /** Milliseconds that a receiver needs for a message, measured. */
  readonly cpuMsOfMessage: number;
}

/** A line of the bill. */
interface CostLine {
  readonly what: string;
  readonly amount: string;
  readonly dollars: number;
}

/** A way to run the fleet, and what it costs. */
interface Bill {
  readonly title: string;
  readonly lines: readonly CostLine[];
  readonly dollars: number;
}

/**
 * List prices in US dollars, US East (N. Virginia), as quoted in public in the middle of 2026, without free tiers, taxes and support.
 * Compare them with AWS's price pages before you rely on them.
 */
export const PRICES = {
  asOf: "mid-2026",
  region: "US East (N. Virginia)",
  /** AWS IoT Core: messages of up to 5 KB, by million: the first thousand million, the next four, those above. */
  iotMessages: [
    { upTo: 1e9, perMillion: 1 },
    { upTo: 5e9, perMillion: 0.8 },
    { upTo: Number.POSITIVE_INFINITY, perMillion: 0.7 },
  ],
  iotRule: 0.15,
  iotAction: 0.15,
  /** Shadow operations of up to 1 KB. */
  iotShadow: 1.25,
  /** AWS IoT Device Management: updates of the fleet index of up to 1 KB. */
  indexUpdate: 2.25,
  sqsRequest: 0.4,
  lambdaRequest: 0.2,
  lambdaGbSecond: 0.000_016_666_7,
  auroraAcuHour: 0.12,
  auroraGbMonth: 0.1,
  auroraIo: 0.2,
  fargateVcpuHour: 0.040_48,
  fargateGbHour: 0.004_445,
  endpointHour: 0.01,
  /** A box with 4 vCPUs and 16 GB (t4g.xlarge), and a disk of it (gp3). */
  boxHour: 0.134_4,
  diskGbMonth: 0.08,
} as const;

/** What the bills rest on besides the use. */
export const ASSUMPTIONS = [
  "30 days; every device makes a heartbeat a day, and there are one JetPack wave and one return of all in the month",
  "connections are not counted: they are those of the nucleus, which is there anyway",
  "a message to a device at QoS 1 counts twice, with the PUBACK that the device sends; an echo (QoS 0) once in and once out",
  "SQS: a message is sent alone, and received and deleted in fives; a queue that is empty is asked 15 times a minute",
  "Lambda: 1 GB, one call for five seconds of heartbeats, and the measured time of a message",
  "Aurora Serverless v2: 2 ACU around the clock, 8 ACU for 4 hours a month, 6 I/Os for a message",
  "two interface endpoints in two zones, so that the Lambda reaches IoT and Secrets Manager from its subnets",
  "the page in a container of 0.5 vCPU and 1 GB; the box of the first bill has 4 vCPUs, 16 GB and 100 GB",
  "the shadow is written once a day, with 2 KB; four of its topics reach the device",
  "the price of index updates (2.25 a million) is from memory: no public source of this year was found for it",
] as const;

const DAYS = 30;
const HOURS = 730;
const MESSAGE_STEP = 5 * 1_024;
const MILLION = 1e6;
const SQS_BATCH = 5;
const SQS_EMPTY_PER_MINUTE = 15;
const LAMBDA_WINDOW_SECONDS = 5;
const AURORA_ACU = 2;
const AURORA_PEAK_ACU = 8;
const AURORA_PEAK_HOURS = 4;
const AURORA_IOS = 6;
const ENDPOINTS = 4;
const BOX_DISK_GB = 100;
const SHADOW_KB = 2;
const SHADOW_TOPICS = 4;

/** The monthly cost of each deployment of the fleet. */
export function billsFor(use: MonthlyUse): readonly Bill[] {
  return [
    bill("Twelve receivers and PostgreSQL on a box, directly on IoT Core", [...directMessages(use), ...box(use)]),
    bill("IoT rule, SQS, Lambda, Aurora", [...queueMessages(use), ...queue(use), ...aurora(use), ...page()]),
    bill("Fleet indexing over the named shadow, no server", indexing(use)),
    bill("Beside each of them: the devices' echo, as it is by default", echo(use)),
  ];
}

function bill(title: string, lines: readonly CostLine[]): Bill {
  return { title, lines, dollars: lines.reduce((sum, { dollars }) => sum + dollars, 0) };
}

/** In, on to the receiver with its PUBACK, and the acknowledgement: in, on to the device with its PUBACK. */
function directMessages({ reports, messageBytes }: MonthlyUse): readonly CostLine[] {
  return [messages("messages", reports * (2 * steps(messageBytes) + 1 + 3))];
}

/** In, and the acknowledgement over HTTPS: in, on to the device with its PUBACK. */
function queueMessages({ reports, messageBytes }: MonthlyUse): readonly CostLine[] {
  const of = steps(messageBytes);
  return [
    messages("messages", reports * (of + 3)),
    perMillion("rules and actions", reports * of, PRICES.iotRule + PRICES.iotAction),
  ];
}

function box({ storeGb }: MonthlyUse): readonly CostLine[] {
  const disk = Math.max(BOX_DISK_GB, 2 * storeGb);
  return [
    { what: "box", amount: `${HOURS} h`, dollars: HOURS * PRICES.boxHour },
    { what: "disk", amount: `${shownNumber(disk)} GB`, dollars: disk * PRICES.diskGbMonth },
  ];
}

function queue({ reports, cpuMsOfMessage }: MonthlyUse): readonly CostLine[] {
  const requests = reports * (1 + 2 / SQS_BATCH) + SQS_EMPTY_PER_MINUTE * 60 * 24 * DAYS;
  const calls = (DAYS * 86_400) / LAMBDA_WINDOW_SECONDS;
  const seconds = (reports * cpuMsOfMessage) / 1_000 + calls * 0.02;
  return [
    perMillion("SQS requests", requests, PRICES.sqsRequest),
    perMillion("Lambda calls", calls, PRICES.lambdaRequest),
    { what: "Lambda time", amount: `${shownNumber(seconds)} GB-s`, dollars: seconds * PRICES.lambdaGbSecond },
    { what: "interface endpoints", amount: `${ENDPOINTS}`, dollars: ENDPOINTS * HOURS * PRICES.endpointHour },
  ];
}

function aurora({ reports, storeGb }: MonthlyUse): readonly CostLine[] {
  const acuHours = AURORA_ACU * HOURS + (AURORA_PEAK_ACU - AURORA_ACU) * AURORA_PEAK_HOURS;
  return [
    { what: "Aurora capacity", amount: `${shownNumber(acuHours)} ACU-h`, dollars: acuHours * PRICES.auroraAcuHour },
    { what: "Aurora storage", amount: `${shownNumber(storeGb)} GB`, dollars: storeGb * PRICES.auroraGbMonth },
    perMillion("Aurora I/Os", reports * AURORA_IOS, PRICES.auroraIo),
  ];
}

function page(): readonly CostLine[] {
  return [
    {
      what: "page (Fargate)",
      amount: `${HOURS} h`,
      dollars: HOURS * (0.5 * PRICES.fargateVcpuHour + PRICES.fargateGbHour),
    },
  ];
}

function indexing({ things }: MonthlyUse): readonly CostLine[] {
  const writes = things * DAYS;
  return [
    perMillion("shadow operations", writes * SHADOW_KB, PRICES.iotShadow),
    messages("messages", writes * (1 + 2 * SHADOW_TOPICS)),
    perMillion("index updates", writes * SHADOW_KB, PRICES.indexUpdate),
  ];
}

function echo({ things, echoSeconds }: MonthlyUse): readonly CostLine[] {
  if (echoSeconds === 0) return [];
  return [messages(`messages (every ${echoSeconds} s)`, 2 * things * ((DAYS * 86_400) / echoSeconds))];
}

function messages(what: string, count: number): CostLine {
  let [from, dollars] = [0, 0];
  for (const { upTo, perMillion } of PRICES.iotMessages) {
    dollars += (Math.max(0, Math.min(count, upTo) - from) / MILLION) * perMillion;
    from = upTo;
  }
  return { what: `IoT Core: ${what}`, amount: `${shownNumber(count / MILLION)} M`, dollars };
}

function perMillion(what: string, count: number, dollars: number): CostLine {
  return { what, amount: `${shownNumber(count / MILLION)} M`, dollars: (count / MILLION) * dollars };
}

function steps(bytes: number): number {
  return Math.ceil(bytes / MESSAGE_STEP);
}
