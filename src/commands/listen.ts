import { join } from "node:path";
import type { Greengrass, Subscription } from "../adapters/greengrass.js";
import { fingerprintFiles } from "../adapters/watch-files.js";
import { ConfigurationError, type Done } from "../agent.js";
import { type Echo, echo } from "../echo.js";
import { DeliveryError, ExpectedError } from "../errors.js";
import type { Later } from "../outbox/deliver.js";
import { encodeReport } from "../report/encode.js";
import { fitInto } from "../report/fit-into.js";
import { metricsOf } from "../report/metrics.js";
import type { Capabilities, Report, Trigger } from "../report/report.js";
import {
  ANSWER_LIMIT_MS,
  type Answer,
  type OpenRequest,
  type RequestCommand,
  readRequest,
  requestMemory,
} from "../requests.js";
import { retryMs } from "../restarts.js";
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

/** What came of a request, and a message that goes out before its answer. */
interface Deed {
  readonly result: unknown;
  readonly besides?: readonly [topic: string, payload: string];
}

interface Said {
  readonly answer: Pick<Answer, "command" | "id" | "status" | "why" | "result">;
  readonly besides?: Deed["besides"];
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
  // Before the first check begins. Of its settings nothing is known yet: facts are looked at, jobs and components not.
  const watch = watchFiles({
    watched: () => watchedFiles(place, settings, components),
    fingerprint: fingerprintFiles,
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

function listenToCloud(parts: ListenParts): Ears {
  const { place, greengrass, cloud, later } = parts;
  const { thing, log, store } = place;
  let settings: Settings | null = null;
  let open: readonly Subscription[] = [];
  const waiting = new Set<() => void>();
  let stopped = false;
  const refused = new Set<string>();
  let heardFor = "";
  let canary: Echo | null = null;
  let shadow: Promise<OpenShadow> | null = null;
  let sequence = 0;
  let measured: Done | null = null;
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
      void tell(() => answer({ command, id, status: "REFUSED", why }, prefix));
      return;
    }
    const { command, id, delayMs } = heard;
    const request = { command, id, dueAt: Date.now() + delayMs };
    if (!memory.take(request)) {
      log.info("request.repeated", { command, id });
      return;
    }
    log.info("request.taken", { command, id, delayMs });
    obeyLater(request, prefix);
  }

  function obeyLater(request: OpenRequest, prefix: string): void {
    const delayMs = Math.min(LONGEST_WAIT_MS, Math.max(0, request.dueAt - Date.now()));
    wait(delayMs, () => void obey(request, prefix));
  }

  function wait(milliseconds: number, action: () => void): void {
    const cancel = later(milliseconds, () => {
      waiting.delete(cancel);
      action();
    });
    waiting.add(cancel);
  }

  function answerLeftOver(prefix: string): void {
    const { again, givenUp } = memory.leftOver(Date.now());
    for (const { command, id } of givenUp) log.warn("request.given-up", { command, id });
    for (const request of again) {
      log.info("request.left-over", { command: request.command, id: request.id });
      obeyLater(request, prefix);
    }
  }

  /** A request stays open until its answer has gone out: what the end of this life cuts short is made anew by the next. */
  async function obey(request: OpenRequest, prefix: string): Promise<void> {
    const { command, id } = request;
    const said = await DEEDS[command]().then(
      ({ result, besides }) => ({ answer: { command, id, status: "DONE" as const, result }, besides }),
      (error: unknown) => {
        if (!(error instanceof ExpectedError || error instanceof ConfigurationError)) throw error;
        return { answer: { command, id, status: "FAILED" as const, why: error.message.slice(0, MOST_WORDS) } };
      },
    );
    // What a check gives that was ended with this life is no answer.
    if (!stopped) await answerUntilSent(request, said, prefix, 0);
  }

  async function answerUntilSent(request: OpenRequest, said: Said, prefix: string, failures: number): Promise<void> {
    const sent = await tell(async () => {
      if (said.besides !== undefined) await cloud.publish(...said.besides);
      await answer(said.answer, prefix);
    });
    if (sent === "sent") return memory.done(request);
    const { command, id, dueAt } = request;
    if (sent === "never" || Date.now() - dueAt > ANSWER_LIMIT_MS) {
      log.warn("request.given-up", { command, id });
      return memory.done(request);
    }
    if (!stopped) wait(retryMs(failures), () => void answerUntilSent(request, said, prefix, failures + 1));
  }

  const DEEDS: Readonly<Record<RequestCommand, () => Promise<Deed>>> = {
    async check() {
      const reports = await parts.check();
      const checks = reports.map(({ job, drift, runnable, id }) => ({ ...nameOf(job), drift, runnable, report: id }));
      return { result: fitted({ checks }) };
    },
    async facts() {
      const facts = fitted((await parts.facts()) as object);
      return { result: facts, besides: [`${settings?.topicPrefix}/${thing}/facts`, JSON.stringify({ thing, facts })] };
    },
    flush: async () => ({ result: { waiting: await parts.flush() } }),
  };

  function fitted(result: object): object {
    return fitInto(result, Math.min(MOST_BYTES, settings?.maxMessageBytes ?? MOST_BYTES) - ENVELOPE_BYTES);
  }

  async function answer(said: Said["answer"], prefix: string): Promise<void> {
    const at = new Date().toISOString();
    const full: Answer = { schema: "packdrift.response/1", thing, at, ...said };
    await cloud.publish(`${prefix}/${thing}/${said.command}/res`, JSON.stringify(full));
  }

  /** Sends what no outbox keeps. A trouble is told once until something goes through. */
  async function tell(send: () => Promise<void>): Promise<"sent" | "not yet" | "never"> {
    try {
      await send();
      refused.clear();
      return "sent";
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (!refused.has(error.message)) log.warn("message.not-sent", { message: error.message });
      refused.add(error.message);
      return error instanceof DeliveryError && !error.retryable ? "never" : "not yet";
    }
  }

  async function copyLocally(done: Done, reports: readonly Report[]): Promise<void> {
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
        answerLeftOver(now.commandPrefix);
      }
      sequence = reports[reports.length - 1]?.sequence ?? sequence;
      const state = done.shadow === null ? null : { ...done.shadow, seq: sequence };
      followShadow(now.shadow);
      if (state !== null) void shadow?.then(({ report }) => report(state, now.heartbeatHours * 3_600_000));
      void copyLocally(done, reports);
    },
    stop() {
      stopped = true;
      for (const cancel of waiting) cancel();
      memory.end();
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
