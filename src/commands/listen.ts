import { join } from "node:path";
import type { Greengrass, Subscription } from "../adapters/greengrass.js";
import { fingerprintFiles } from "../adapters/watch-files.js";
import { ConfigurationError, type Done } from "../agent.js";
import { type Echo, echo } from "../echo.js";
import { ExpectedError } from "../errors.js";
import type { Later } from "../outbox/deliver.js";
import { encodeReport } from "../report/encode.js";
import { fitInto } from "../report/fit-into.js";
import { metricsOf } from "../report/metrics.js";
import type { Capabilities, Report, Trigger } from "../report/report.js";
import { type Answer, type RequestCommand, readRequest, requestMemory } from "../requests.js";
import type { Desired } from "../shadow.js";
import { FACT_FILES, type Watched, watchFiles } from "../watch.js";
import { type OpenShadow, openShadow } from "./open-shadow.js";
import type { Place } from "./place.js";
import type { Cloud } from "./transport.js";

type Settings = Done["settings"];

/** What the ears and mouths besides the reports need of a life. */
export interface ListenParts {
  readonly place: Place;
  /** The nucleus, or what stands in its place. */
  readonly greengrass: Pick<Greengrass, "publishLocal" | "shadow" | "updateShadow" | "subscribeLocal">;
  readonly cloud: Cloud;
  readonly capabilities: Promise<Capabilities>;
  /** Checks, and tells what failed. */
  readonly trigger: (why: Trigger) => void;
  /** Checks for somebody who waits for the answer; throws as Agent.check. */
  readonly check: () => Promise<readonly Report[]>;
  readonly facts: () => Promise<unknown>;
  /** Resolves to how many reports wait after an attempt to deliver all. */
  readonly flush: () => Promise<number>;
  /** Called when subscriptions have gone deaf: others must be made anew too. */
  readonly onDeaf: () => void;
  readonly onDesired: (desired: Desired) => void;
  readonly later: Later;
}

export interface Ears {
  /** Follows the settings of a check, and tells what it found where that is wanted. */
  checked(done: Done, reports: readonly Report[]): void;
  stop(): void;
}

const REQUESTS = "requests.json";
const ENVELOPE_BYTES = 400;
const MOST_WORDS = 1_000;
/** What nucleus lite takes of any message without dropping the connection. */
const MOST_BYTES = 7_000;
const LONGEST_WAIT_MS = 86_400_000;

/** Watches files, hears requests and its own echo, keeps the shadow, and copies reports to local topics: all by the settings. */
export function listen(parts: ListenParts): Ears {
  const { place, later, trigger } = parts;
  const toCloud = listenToCloud(parts);
  let settings: Settings | null = null;
  let components: readonly string[] = [];
  let watch: { readonly seconds: number; stop(): void } | null = null;

  function startWatch({ watchSeconds: seconds }: Settings): void {
    if (seconds === (watch?.seconds ?? 0)) return;
    watch?.stop();
    const watched = () => watchedFiles(place, settings, components);
    const looks = { watched, fingerprint: fingerprintFiles, later, intervalMs: seconds * 1_000, onChange: trigger };
    watch = seconds === 0 ? null : { seconds, ...watchFiles(looks) };
  }

  return {
    checked(done, reports) {
      settings = done.settings;
      components = [...new Set(done.reports.map(({ report }) => report.component.name ?? ""))].filter(Boolean);
      startWatch(done.settings);
      toCloud.checked(done, reports);
    },
    stop() {
      watch?.stop();
      toCloud.stop();
    },
  };
}

function listenToCloud(parts: ListenParts): Ears {
  const { place, greengrass, cloud, later } = parts;
  const { thing, log, store } = place;
  let settings: Settings | null = null;
  let open: readonly Subscription[] = [];
  const waiting = new Set<() => void>();
  const refused = new Set<string>();
  let heardFor = "";
  let canary: Echo | null = null;
  let shadow: Promise<OpenShadow> | null = null;
  let sequence = 0;
  const memory = requestMemory(
    attempt(() => store.read(REQUESTS)),
    (text) => {
      attempt(() => store.write(REQUESTS, text));
    },
  );

  function hear({ commandPrefix, topicPrefix, echoSeconds }: Settings): void {
    for (const subscription of open) void subscription.close();
    const request = (topic: string, payload: string) => take(topic, payload, commandPrefix);
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

  function take(topic: string, payload: string, prefix: string): void {
    const heard = readRequest(topic, payload, { prefix, thing, random: Math.random });
    if (heard.kind === "ignored") {
      log.debug("request.ignored", { topic, why: heard.why });
      return;
    }
    if (heard.kind === "refused") {
      const { command, id, why } = heard;
      log.warn("request.refused", { command, id, why });
      void answer({ command, id, status: "REFUSED", why }, prefix);
      return;
    }
    const { command, id, delayMs } = heard;
    if (!memory.take({ command, id, dueAt: Date.now() + delayMs })) {
      log.info("request.repeated", { command, id });
      return;
    }
    log.info("request.taken", { command, id, delayMs });
    obeyLater(command, id, prefix, delayMs);
  }

  function obeyLater(command: RequestCommand, id: string, prefix: string, delayMs: number): void {
    const cancel = later(delayMs, () => {
      waiting.delete(cancel);
      void obey(command, id, prefix).then(() => memory.done({ command, id }));
    });
    waiting.add(cancel);
  }

  function answerLeftOver(prefix: string): void {
    for (const { command, id, dueAt } of memory.leftOver()) {
      const delayMs = Math.min(LONGEST_WAIT_MS, Math.max(0, dueAt - Date.now()));
      log.info("request.left-over", { command, id, delayMs });
      obeyLater(command, id, prefix, delayMs);
    }
  }

  async function obey(command: RequestCommand, id: string, prefix: string): Promise<void> {
    try {
      const result = await DEEDS[command]();
      await answer({ command, id, status: "DONE", result }, prefix);
    } catch (error) {
      if (!(error instanceof ExpectedError || error instanceof ConfigurationError)) throw error;
      await answer({ command, id, status: "FAILED", why: error.message.slice(0, MOST_WORDS) }, prefix);
    }
  }

  const DEEDS = {
    async check() {
      const reports = await parts.check();
      return fitted({
        checks: reports.map(({ job, drift, runnable, id }) => ({ ...nameOf(job), drift, runnable, report: id })),
      });
    },
    async facts() {
      const facts = fitted((await parts.facts()) as object);
      await cloud.publish(`${settings?.topicPrefix}/${thing}/facts`, JSON.stringify({ thing, facts }));
      return facts;
    },
    flush: async () => ({ waiting: await parts.flush() }),
  };

  function fitted(result: object): object {
    return fitInto(result, Math.min(MOST_BYTES, settings?.maxMessageBytes ?? MOST_BYTES) - ENVELOPE_BYTES);
  }

  async function answer(said: Pick<Answer, "command" | "id" | "status" | "why" | "result">, prefix: string) {
    const at = new Date().toISOString();
    const full: Answer = { schema: "packdrift.response/1", thing, at, ...said };
    await tell(() => cloud.publish(`${prefix}/${thing}/${said.command}/res`, JSON.stringify(full)));
  }

  /** What is not kept if it cannot be sent. A trouble is told once until something goes through. */
  async function tell(send: () => Promise<void>): Promise<void> {
    try {
      await send();
      refused.clear();
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (!refused.has(error.message)) log.warn("message.not-sent", { message: error.message });
      refused.add(error.message);
    }
  }

  async function copyLocally(done: Done, reports: readonly Report[]): Promise<void> {
    const { localTopic, cloudwatchMetrics, maxMessageBytes } = done.settings;
    const isLite = localTopic !== null && (await parts.capabilities).spool === "MISSING";
    const most = isLite ? Math.min(MOST_BYTES, maxMessageBytes) : maxMessageBytes;
    const copies = localTopic === null ? [] : reports.flatMap((report) => encodeReport(report, most));
    // Nucleus lite takes 255 values at most in a JSON message, but any text as bytes.
    const form = (text: string) => (isLite ? text : JSON.parse(text));
    for (const text of copies) await tell(() => greengrass.publishLocal(localTopic ?? "", form(text)));
    const all = done.reports.map(({ report }) => report);
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
        answerLeftOver(now.commandPrefix);
      }
      sequence = reports[reports.length - 1]?.sequence ?? sequence;
      const state = done.shadow === null ? null : { ...done.shadow, seq: sequence };
      followShadow(now.shadow);
      if (state !== null) void shadow?.then(({ report }) => report(state, now.heartbeatHours * 3_600_000));
      void copyLocally(done, reports);
    },
    stop() {
      for (const cancel of waiting) cancel();
      canary?.stop();
      void shadow?.then(({ close }) => close());
    },
  };
}

function watchedFiles(
  { root, work, greengrassRoot }: Place,
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

function nameOf({ project, name }: { readonly project: string | null; readonly name: string | null }) {
  return { project, job: name };
}

function attempt<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}
