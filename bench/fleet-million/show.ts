import { countOf } from "../../src/base/text.js";
import { ASSUMPTIONS, billsFor, PRICES } from "./aws-cost.js";
import { CONNECTION_PER_SECOND, CONNECTS_PER_SECOND, type FleetLoad, quotasFor } from "./aws-quotas.js";
import { shownNumber } from "./numbers.js";
import { type Computed, FIRST_RESEND_SECONDS, workedOff } from "./resend.js";
import type { MeasuredDay, MeasuredPhase } from "./run-day.js";

/** The results of a run. */
export interface Shown {
  readonly things: number;
  readonly days: readonly MeasuredDay[];
  /** When reports arrive after the outage, in milliseconds. */
  readonly back: Float64Array;
  /** The machine and how busy it was. */
  readonly machine: string;
  readonly seconds: number;
}

/** A row for fleet.mjs. */
export interface Figure {
  readonly what: string;
  readonly figure: string | number;
  readonly wanted?: string;
  readonly met?: boolean;
}

/** The component's default. */
const ECHO_SECONDS = 240;
const KEPT_HEARTBEAT_DAYS = 30;
/** Where a day's engine has no rate of its own: an acknowledgement is one small message. */
const UNLIMITED = Number.POSITIVE_INFINITY;

/** The whole page, as Markdown. Measured and computed values are separate. */
export function pageOf(shown: Shown): string {
  const parts = [
    `${shownNumber(shown.things)} devices; ${shown.machine}; ${shownNumber(shown.seconds / 60)} minutes`,
    "## Measured",
    MEASURED,
    measuredTable(shown.days),
    "## Computed: the store",
    storeTable(shown),
    "## Computed: all return, over AWS IoT Core",
    OVER_AWS,
    overAwsTable(shown),
    "## Computed: AWS's default quotas",
    quotaTable(shown),
    `## Computed: what a month costs on AWS (list prices, ${PRICES.region}, ${PRICES.asOf})`,
    costTables(shown),
    ASSUMPTIONS.map((each) => `- ${each}`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The figures that have a limit, and those that say most. */
export function figuresOf({ things, days }: Shown): readonly Figure[] {
  return days.flatMap(({ engine, receivers, phases }) =>
    phases.flatMap(({ phase, lag, storedPerSecond, longestQueue }) => {
      const of = (what: string) =>
        `${shownNumber(things)} things, ${receiversOf({ engine, receivers })}, ${phase.name}: ${what}`;
      const isBack = phase.name === "return";
      const limit = isBack ? FIRST_RESEND_SECONDS : 1;
      return [
        {
          what: of("p99 lag of the acknowledgement, s"),
          figure: Number((lag.p99 / 1_000).toFixed(2)),
          wanted: `under ${limit}`,
          met: lag.p99 < limit * 1_000,
        },
        ...(isBack
          ? [
              { what: of("stored a second"), figure: Math.round(storedPerSecond) },
              { what: of("longest queue"), figure: longestQueue },
            ]
          : []),
      ];
    }),
  );
}

const MEASURED = `Every message is a report that the component's own code made, and is really stored: by the receiver's collector and store, with its
acknowledgement noted. The broker's queue before it is simulated, with up to 1,000 messages in flight to each receiver. The clock runs
as the real one while a receiver is at work and leaps over what is idle. The lag is that from a message's arrival at the broker to
the moment from which its acknowledgement may be sent. When devices return was found with the component's own outbox and delivery. What
stands behind ≈ was played with fewer devices in less time, as many a second, and multiplied.`;

function measuredTable(days: readonly MeasuredDay[]): string {
  const rows = days.flatMap(({ engine, receivers, phases }) =>
    phases.map((phase) => [
      receiversOf({ engine, receivers }),
      phase.phase.title,
      `${shownNumber(phase.messages)} of ${shownNumber(phase.phase.messages)}`,
      `${about(phase)}${[phase.lag.p50, phase.lag.p99, phase.lag.most].map(seconds).join(" / ")}`,
      `${about(phase)}${shownNumber(phase.longestQueue)} after ${shownNumber(phase.longestAtMs / 1_000)} s`,
      shownNumber(phase.storedPerSecond),
      `${milliseconds(phase.cpuMs)}${phase.serverCpuMs > 0 ? ` + ${milliseconds(phase.serverCpuMs)}` : ""}`,
      `${shownNumber(phase.rssMb)}${phase.serverRssMb > 0 ? ` + ${shownNumber(phase.serverRssMb)}` : ""}`,
      `${shownNumber(phase.storeMb)}`,
    ]),
  );
  return table(
    [
      "receivers",
      "part of the day",
      "messages played",
      "lag p50 / p99 / most",
      "longest queue",
      "stored a second at work",
      "CPU ms of a message (+ server)",
      "memory MB (+ server)",
      "store MB",
    ],
    rows,
  );
}

function receiversOf({ engine, receivers }: Pick<MeasuredDay, "engine" | "receivers">): string {
  return `${countOf(receivers, "receiver")} on ${engine === "sqlite" ? "SQLite" : "PostgreSQL"}`;
}

/** Before what was multiplied. */
function about({ phase }: MeasuredPhase): string {
  return phase.times === 1 ? "" : "≈ ";
}

function storeTable({ things, days }: Shown): string {
  const rows = days.map((day) => [
    day.engine,
    `${shownNumber(day.filledMb)} MB in ${shownNumber(day.fillSeconds)} s`,
    `${shownNumber(bytesOfMessage(day))} B`,
    `${shownNumber((things * bytesOfMessage(day)) / 1e6)} MB`,
    `${shownNumber(monthlyGb(things, day))} GB`,
  ]);
  return table(
    [
      "engine",
      "one report of each device",
      "a message more",
      "a day of heartbeats",
      `with ${KEPT_HEARTBEAT_DAYS} days of heartbeats`,
    ],
    rows,
  );
}

const OVER_AWS = `Connections are taken to be lost, so AWS's ${CONNECTS_PER_SECOND} connects a second spread the return. A connection carries ${CONNECTION_PER_SECOND} messages
a second, reports and acknowledgements together. What is above waits here; AWS discards it, so that devices send it again later.`;

function overAwsTable({ things, back, days }: Shown): string {
  const reports = back.length;
  const perSecond = Array.from(
    { length: Math.ceil(things / CONNECTS_PER_SECOND) },
    () => (reports / things) * CONNECTS_PER_SECOND,
  );
  const half = CONNECTION_PER_SECOND / 2;
  const rows = [1, 4, 12].map((connections) => {
    const rate = connections * half;
    const found = workedOff({ perSecond, storedPerSecond: rate, acknowledgedPerSecond: rate });
    return [`${countOf(connections, "receiver")} on IoT Core`, ...lagCells(found)];
  });
  for (const day of days) {
    const found = workedOff({
      perSecond,
      storedPerSecond: Math.round(returnOf(day)?.storedPerSecond ?? 0),
      acknowledgedPerSecond: UNLIMITED,
    });
    rows.push([`a queue (SQS) before ${receiversOf(day)}, as measured`, ...lagCells(found)]);
  }
  return table(["", "lag p50 / p99 / most", "longest queue", "sent again", "all acknowledged after"], rows);
}

function lagCells({ lag, longestQueue, resent, endsAfterSeconds }: Computed): readonly string[] {
  const lags = [lag.p50, lag.p99, lag.most].map((each) => seconds(each * 1_000));
  return [lags.join(" / "), shownNumber(longestQueue), shownNumber(resent), seconds(endsAfterSeconds * 1_000)];
}

function quotaTable(shown: Shown): string {
  const quotas = quotasFor(loadOf(shown));
  return table(
    ["quota", "default", "needed", "", "so", "source"],
    quotas.map(({ what, quota, needs, isMet, follows, source }) => [
      what,
      quota,
      needs,
      isMet ? "" : "**over**",
      follows,
      source,
    ]),
  );
}

/** The load on AWS; the busiest second is that in which connects allow as many. */
function loadOf({ things, back, days }: Shown): FleetLoad {
  const day = days.find(({ engine }) => engine === "postgres") ?? days[0];
  return {
    things,
    echoSeconds: ECHO_SECONDS,
    returnPerSecond: Math.min(busiestSecond(back), (CONNECTS_PER_SECOND * back.length) / things),
    returnReports: back.length,
    messageBytes: averageBytes(days),
    storedPerSecond: day === undefined ? 0 : (returnOf(day)?.storedPerSecond ?? 0),
    storedBy: day === undefined ? "nothing" : receiversOf(day),
  };
}

function costTables({ things, days, back }: Shown): string {
  const day = days.find(({ engine }) => engine === "postgres") ?? days[0];
  if (day === undefined) return "";
  const bills = billsFor({
    things,
    reports: 30 * things + 0.05 * things + back.length,
    messageBytes: averageBytes(days),
    echoSeconds: ECHO_SECONDS,
    storeGb: monthlyGb(things, day),
    cpuMsOfMessage: returnOf(day)?.cpuMs ?? 0,
  });
  const rows = bills.flatMap(({ title, lines, dollars }) => [
    [`**${title}**`, "", `**${shownNumber(dollars)}**`],
    ...lines.map(({ what, amount, dollars: each }) => [what, amount, shownNumber(each)]),
  ]);
  return table(["", "amount", "US$ a month"], rows);
}

function returnOf({ phases }: MeasuredDay): MeasuredPhase | undefined {
  return phases.find(({ phase }) => phase.name === "return");
}

/** By how much the store grew for a message of the return, of which nearly all are heartbeats. */
function bytesOfMessage({ phases, filledMb }: MeasuredDay): number {
  const at = phases.findIndex(({ phase }) => phase.name === "return");
  const [before, found] = [phases[at - 1]?.storeMb ?? filledMb, phases[at]];
  return found === undefined ? 0 : Math.max(0, ((found.storeMb - before) * 1e6) / found.messages);
}

function monthlyGb(things: number, day: MeasuredDay): number {
  return (day.filledMb * 1e6 + KEPT_HEARTBEAT_DAYS * things * bytesOfMessage(day)) / 1e9;
}

function averageBytes(days: readonly MeasuredDay[]): number {
  const found = days.map(returnOf)[0];
  return found === undefined ? 0 : found.bytes / found.messages;
}

function busiestSecond(atMs: Float64Array): number {
  const counts = new Map<number, number>();
  for (const at of atMs) counts.set(Math.floor(at / 1_000), (counts.get(Math.floor(at / 1_000)) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function seconds(value: number): string {
  if (value < 1_000) return `${Math.round(value)} ms`;
  if (value < 120_000) return `${(value / 1_000).toFixed(1)} s`;
  return value < 7_200_000 ? `${(value / 60_000).toFixed(0)} min` : `${(value / 3_600_000).toFixed(1)} h`;
}

function milliseconds(value: number): string {
  return value.toFixed(2);
}
