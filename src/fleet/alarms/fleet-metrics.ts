import { REFUSAL_REASONS } from "../arrival.js";
import type { Cause, DeliveryCounts, Freshness, Summary } from "../state/views.js";
import { DUTIES, type DutyName } from "../store/peers.js";
import type { AlarmCount, QueueCount } from "./count-alarms.js";
import type { Metric, Sample } from "./metrics-text.js";
import type { SentCounts } from "./send-notices.js";

/** The state of the receiver. */
export interface ReceiverStatus {
  /** Null: it was started without a broker. */
  readonly connected: boolean | null;
  /**
   * When it was last connected or disconnected, ISO 8601. An interruption during which the broker kept the session does
   * not count.
   */
  readonly since: string;
  /** How many messages the broker has delivered that are not stored yet. */
  readonly queued: number;
  /** How long the oldest of them has waited, in seconds. */
  readonly lagSeconds: number;
  /**
   * How many messages were left to the broker since the start, because those that waited took all the memory they may;
   * it delivers them again.
   */
  readonly deferred: number;
  /** Whether the store could not take the last batch: until it can, nothing is stored or acknowledged. */
  readonly stuck: boolean;
}

/** The input of the metrics. */
export interface Measured {
  readonly summary: Summary;
  /** The most severe causes, then the most frequent. */
  readonly causes: readonly Cause[];
  readonly receiver: ReceiverStatus;
  /** The duties that this process holds for all that share the store. */
  readonly duties: readonly DutyName[];
  readonly alarms: readonly AlarmCount[];
  readonly silences: number;
  readonly queues: readonly QueueCount[];
  readonly sent: ReadonlyMap<string, SentCounts>;
  /** When alarms were last evaluated; null: not yet. */
  readonly evaluatedAtMs: number | null;
  readonly nowMs: number;
  readonly version: string;
}

/** How many causes have series of their own. */
export const MOST_CAUSE_SERIES = 20;

/** The fleet in numbers: no series for a device, and a bounded number of series for causes. */
export function fleetMetrics(measured: Measured): readonly Metric[] {
  return [
    ...stateMetrics(measured),
    ...causeMetrics(measured),
    ...deliveryMetrics(measured),
    ...alarmMetrics(measured),
  ];
}

function stateMetrics({ summary, version }: Measured): readonly Metric[] {
  const by = (counts: Readonly<Record<string, number>>, label: string): readonly Sample[] =>
    Object.entries(counts).map(([value, count]) => [{ [label]: value }, count]);
  const freshness: Readonly<Record<Freshness, number>> = summary.states;
  return [
    gauge("packdrift_fleet_build_info", "The version that runs, as a label.", [[{ version }, 1]]),
    gauge("packdrift_fleet_devices", "Devices that were heard or are expected.", [[{}, summary.things]]),
    gauge("packdrift_fleet_devices_by_drift", "Devices by the worst of their jobs.", by(summary.drift, "drift")),
    gauge(
      "packdrift_fleet_devices_by_runnable",
      "Devices by whether the packaged model will run: the worst of their jobs.",
      by(summary.runnable, "runnable"),
    ),
    gauge("packdrift_fleet_devices_by_freshness", "Devices by how recently they reported.", by(freshness, "freshness")),
  ];
}

function causeMetrics({ causes }: Measured): readonly Metric[] {
  const shown = causes.slice(0, MOST_CAUSE_SERIES);
  return [
    gauge(
      "packdrift_fleet_cause_devices",
      `Devices with the same finding: the ${MOST_CAUSE_SERIES} gravest causes, of these the most frequent.`,
      shown.map(({ cause, rule, severity, expected, actual, things }) => [
        { cause, rule, severity, expected: expected ?? "", actual: actual ?? "" },
        things,
      ]),
    ),
  ];
}

function deliveryMetrics({ summary: { delivery }, receiver, duties }: Measured): readonly Metric[] {
  const one = (value: number): readonly Sample[] => [[{}, value]];
  return [
    counter("packdrift_fleet_reports_total", "Complete reports stored.", one(delivery.reports)),
    counter("packdrift_fleet_heartbeats_total", "Heartbeats stored.", one(delivery.heartbeats)),
    counter("packdrift_fleet_duplicates_total", "Reports that came again unchanged.", one(delivery.duplicates)),
    counter(
      "packdrift_fleet_conflicts_total",
      "Reports that came again with different content.",
      one(delivery.conflicts),
    ),
    counter("packdrift_fleet_named_lost_total", "Reports that devices named as lost.", one(delivery.named)),
    counter("packdrift_fleet_given_up_total", "Missing reports that a person gave up.", one(delivery.givenUp)),
    gauge("packdrift_fleet_missing_reports", "Reports missing before later ones.", one(delivery.missing)),
    counter("packdrift_fleet_refused_total", "Messages refused.", refusedSamples(delivery)),
    gauge(
      "packdrift_fleet_receiver_connected",
      "Whether the receiver is connected.",
      receiver.connected === null ? [] : one(receiver.connected ? 1 : 0),
    ),
    gauge("packdrift_fleet_receiver_queued", "Messages received and not stored yet.", one(receiver.queued)),
    gauge("packdrift_fleet_receiver_lag_seconds", "How long the oldest of them has waited.", one(receiver.lagSeconds)),
    gauge(
      "packdrift_fleet_receiver_stuck",
      "Whether nothing can be stored, and so nothing is acknowledged.",
      one(receiver.stuck ? 1 : 0),
    ),
    counter(
      "packdrift_fleet_receiver_deferred_total",
      "Messages left to the broker, to be delivered again, since too many waited.",
      one(receiver.deferred),
    ),
    gauge(
      "packdrift_fleet_duty",
      "Whether this process holds the duty, which one process performs for all on the store.",
      DUTIES.map((duty) => [{ duty }, duties.includes(duty) ? 1 : 0]),
    ),
  ];
}

/** Every reason, even those without a message: an increase is only seen if the series was there before. */
function refusedSamples({ refused }: DeliveryCounts): readonly Sample[] {
  const reasons = new Set<string>([...REFUSAL_REASONS, ...refused.map(({ reason }) => reason)]);
  return [...reasons].map((reason) => [{ reason }, refused.find((one) => one.reason === reason)?.count ?? 0]);
}

function alarmMetrics({ alarms, silences, queues, sent, evaluatedAtMs, nowMs }: Measured): readonly Metric[] {
  const results: readonly Sample[] = [...sent].flatMap(([webhook, { delivered, failed, refused }]): Sample[] => [
    [{ webhook, result: "delivered" }, delivered],
    [{ webhook, result: "failed" }, failed],
    [{ webhook, result: "given_up" }, refused],
  ]);
  return [
    gauge(
      "packdrift_fleet_alarms",
      "Alarms by kind, severity and status.",
      alarms.map(({ kind, severity, status, count }) => [{ kind, severity, status }, count]),
    ),
    gauge("packdrift_fleet_silences", "Silences that have not ended.", [[{}, silences]]),
    gauge(
      "packdrift_fleet_alarms_evaluated_timestamp_seconds",
      "When this process last evaluated alarms, in Unix time; missing where another process does.",
      evaluatedAtMs === null ? [] : [[{}, evaluatedAtMs / 1_000]],
    ),
    gauge(
      "packdrift_fleet_notices_queued",
      "Notices that wait for a webhook.",
      queues.map(({ webhook, queued }) => [{ webhook }, queued]),
    ),
    gauge(
      "packdrift_fleet_notices_oldest_seconds",
      "How long the oldest of them has waited.",
      queues.map(({ webhook, oldestAt }) => [
        { webhook },
        oldestAt === null ? 0 : Math.max(0, (nowMs - Date.parse(oldestAt)) / 1_000),
      ]),
    ),
    counter("packdrift_fleet_notices_total", "Deliveries to webhooks since the start, by result.", results),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "counter", help, samples };
}
