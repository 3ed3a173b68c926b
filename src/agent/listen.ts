import { join } from "node:path";
import { encodeReport } from "../report/encode.js";
import { metricsOf } from "../report/metrics.js";
import type { Capabilities, Report, Trigger } from "../report/report.js";
import type { Greengrass, Subscription } from "../transports/greengrass/connection.js";
import type { CheckResult } from "./checks.js";
import { type Echo, echo } from "./connection/echo.js";
import type { AgentContext } from "./context.js";
import { type AnswerParts, answerRequests, MOST_BYTES, teller } from "./requests/answer.js";
import type { Desired } from "./shadow/keep.js";
import { type OpenShadow, openShadow } from "./shadow/open.js";
import { FACT_FILES, type Watched, watchFiles } from "./watch.js";
import { fileFingerprints } from "./watch-files.js";

type Settings = CheckResult["settings"];

/** What the ears and mouths besides the reports need of a life. */
export interface SubscriptionParts extends AnswerParts {
  /** The nucleus, or what stands in its place. */
  readonly greengrass: Pick<Greengrass, "publishLocal" | "shadow" | "updateShadow" | "subscribeLocal">;
  readonly capabilities: Promise<Capabilities>;
  /** Checks, and tells what failed. */
  readonly trigger: (why: Trigger) => void;
  /** Called when subscriptions have gone deaf: others must be made anew too. */
  readonly onDeaf: () => void;
  readonly onDesired: (desired: Desired) => void;
}

export interface Subscriptions {
  /** Follows the settings of a check, and tells what it found where that is wanted. */
  checked(done: CheckResult, reports: readonly Report[]): void;
  stop(): void;
}

/** Watches files, hears requests and its own echo, keeps the shadow, and copies reports to local topics: all by the settings. */
export function listen(parts: SubscriptionParts): Subscriptions {
  const { place, later, trigger } = parts;
  const toCloud = listenToCloud(parts);
  let settings: Settings | null = null;
  let components: readonly string[] = [];
  // Before the first check begins. Of its settings nothing is known yet: facts are looked at, jobs and components not.
  const watch = watchFiles({
    watched: () => watchedFiles(place, settings, components),
    fingerprint: fileFingerprints(place.root),
    later,
    onChange: trigger,
  });
  let watchSeconds = 0;

  function startWatch({ watchSeconds: seconds }: Settings): void {
    if (seconds === watchSeconds) return;
    watchSeconds = seconds;
    watch.every(seconds === 0 ? null : seconds * 1_000);
  }

  return {
    checked(done, reports) {
      settings = done.settings;
      components = [...new Set(done.reports.map(({ report }) => report.component.name ?? ""))].filter(Boolean);
      startWatch(done.settings);
      toCloud.checked(done, reports);
    },
    stop() {
      watch.stop();
      toCloud.stop();
    },
  };
}

function listenToCloud(parts: SubscriptionParts): Subscriptions {
  const { place, greengrass, cloud, later } = parts;
  const { thing, log } = place;
  let settings: Settings | null = null;
  let open: readonly Subscription[] = [];
  const tell = teller(log);
  const requests = answerRequests(parts, tell, () => settings);
  let heardFor = "";
  let canary: Echo | null = null;
  let shadow: Promise<OpenShadow> | null = null;
  let sequence = 0;
  let measured: CheckResult | null = null;
  function hear({ commandPrefix, topicPrefix, echoSeconds }: Settings): void {
    for (const subscription of open) void subscription.close();
    const request = (topic: string, payload: string) => requests.take(topic, payload, commandPrefix);
    const echoed = (_: string, payload: string) => canary?.heard(payload);
    const filters = [`${commandPrefix}/${thing}/+/req`, `${commandPrefix}/all/+/req`];
    if (echoSeconds > 0) filters.push(`${topicPrefix}/${thing}/echo`);
    const opened = new Set<string>();
    open = filters.map((filter, at) =>
      cloud.subscribe(filter, at < 2 ? request : echoed, () => {
        const isLast = opened.size < filters.length && opened.add(filter).size === filters.length;
        if (isLast) log.info("subscriptions.open", { filters });
      }),
    );
  }

  async function copyLocally(done: CheckResult, reports: readonly Report[]): Promise<void> {
    const { localTopic, cloudwatchMetrics, maxMessageBytes } = done.settings;
    // What was measured once is told once.
    const isNew = done !== measured && done.settings.jobs.length > 0;
    measured = done;
    const isLite = localTopic !== null && (await parts.capabilities).spool === "MISSING";
    const most = isLite ? Math.min(MOST_BYTES, maxMessageBytes) : maxMessageBytes;
    const copies = localTopic === null ? [] : reports.flatMap((report) => encodeReport(report, most));
    // Nucleus lite takes 255 values at most in a JSON message, but any text as bytes.
    const form = (text: string) => (isLite ? text : JSON.parse(text));
    for (const text of copies) await tell(() => greengrass.publishLocal(localTopic ?? "", form(text)));
    const all = isNew ? done.reports.map(({ report }) => report) : [];
    const metrics = cloudwatchMetrics === null ? [] : metricsOf(all, cloudwatchMetrics);
    for (const metric of metrics) await tell(() => greengrass.publishLocal("cloudwatch/metric/put", metric));
  }

  function startCanary(now: Settings): void {
    canary?.stop();
    canary = null;
    if (now.echoSeconds === 0) return;
    canary = echo({
      send: (word) => cloud.publish(`${now.topicPrefix}/${thing}/echo`, word, 0),
      later,
      intervalMs: now.echoSeconds * 1_000,
      onDeaf() {
        log.warn("subscriptions.deaf", { reaction: "subscribing anew" });
        hear(settings ?? now);
        void shadow?.then((open) => open.hear());
        parts.onDeaf();
      },
      onBack: () => parts.trigger("RECONNECT"),
    });
  }

  function followShadow(wanted: boolean): void {
    if (wanted === (shadow !== null)) return;
    if (!wanted) {
      void shadow?.then(({ close }) => close());
      // What was desired there is in force no more.
      parts.onDesired({});
    }
    shadow = wanted ? openShadow(parts) : null;
  }

  return {
    checked(done, reports) {
      const now = done.settings;
      settings = now;
      const heard = [now.commandPrefix, now.topicPrefix, now.echoSeconds].join(" ");
      if (heard !== heardFor) {
        heardFor = heard;
        hear(now);
        startCanary(now);
        requests.answerLeftOver(now.commandPrefix);
      }
      sequence = reports[reports.length - 1]?.sequence ?? sequence;
      const state = done.shadow === null ? null : { ...done.shadow, seq: sequence };
      followShadow(now.shadow);
      if (state !== null) void shadow?.then(({ report }) => report(state, now.heartbeatHours * 3_600_000));
      void copyLocally(done, reports);
    },
    stop() {
      requests.stop();
      canary?.stop();
      void shadow?.then(({ close }) => close());
    },
  };
}

function watchedFiles(
  { root, work, greengrassRoot }: AgentContext,
  settings: Settings | null,
  components: readonly string[],
): Watched {
  const { type, path } = settings?.source ?? {};
  const jobFiles = (settings?.jobs ?? []).flatMap(({ project, job }) => [
    join(path ?? "", project),
    ...(job === null ? [] : [join(path ?? "", project, `${job}.json`)]),
  ]);
  return {
    DEPLOYMENT: components.map((component) => join(greengrassRoot, "packages/artifacts", component)),
    JOB_CHANGE: type === "file" && path != null ? [path, ...jobFiles] : [],
    FACT_CHANGE: [...FACT_FILES.map((file) => join(root, file)), join(work, "facts.d")],
  };
}
