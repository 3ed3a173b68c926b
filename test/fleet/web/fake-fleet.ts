import { InvalidInputError } from "../../../src/base/errors.js";
import type { Drift, Runnable } from "../../../src/drift/finding.js";
import type { DeviceJob, JobItem, JobThing, JobView } from "../../../src/fleet/state/judged-views.js";
import type { FleetQuestions } from "../../../src/fleet/state/questions.js";
import type { RefusedMessage } from "../../../src/fleet/state/refused-message.js";
import type {
  AlarmView,
  Cause,
  DeviceFilter,
  DeviceItem,
  DeviceView,
  DoctorView,
  Freshness,
  HistoryItem,
  Page,
  Paged,
  RequestView,
} from "../../../src/fleet/state/views.js";
import type { Actions, PageParts } from "../../../src/fleet/web/ports.js";
import { causeId, type FakeDevice, fakeDevice, HOSTILE, hostileDevice, iso, NOW, SCENES } from "./fake-devices.js";
import { fakeReport } from "./fake-report.js";

export interface FakeFleet {
  readonly questions: FleetQuestions;
  readonly actions: Actions;
  readonly alarms: PageParts["alarms"];
  readonly changes: PageParts["changes"];
  /** What people have done, in words. */
  readonly done: string[];
  /** Something was stored. */
  change(): void;
  requests: RequestView[];
}

/** A fleet in memory that answers as the store would: `count` devices, or hostile ones. */
export function fakeFleet(count: number, kind: "ordinary" | "hostile" = "ordinary"): FakeFleet {
  const all = Array.from({ length: count }, (_, number) =>
    kind === "hostile" ? hostileDevice(number) : fakeDevice(number, count),
  );
  all.sort((a, b) => (a.view.thing < b.view.thing ? -1 : 1));
  const listeners = new Set<() => void>();
  const fleet: FakeFleet = {
    questions: questionsOf(all, () => fleet.requests),
    actions: {
      async ask(command, filter, by) {
        const asked = matching(all, filter).length;
        if (asked === 0) throw new InvalidInputError("Cannot ask: no device is like that");
        const id = `r${fleet.requests.length + 1}`;
        const request = {
          id,
          command,
          filter,
          askedBy: by,
          askedAt: new Date(NOW - 1000).toISOString(),
          asked,
          answered: 0,
          failed: 0,
          silent: 0,
          waiting: asked,
        };
        fleet.requests = [request, ...fleet.requests];
        fleet.done.push(`${by} asks ${command} of ${asked}`);
        fleet.change();
        return { id };
      },
      async giveUp(gap, by) {
        const view = all.find((each) => each.view.thing === gap.thing)?.view;
        const [missing] = view?.epochs.find(({ epoch }) => epoch === gap.epoch)?.missing ?? [];
        if (missing?.from !== gap.from || missing.to !== gap.to) throw new InvalidInputError("it has changed");
        fleet.done.push(`${by} gives up ${gap.thing} ${gap.from} to ${gap.to}`);
      },
    },
    alarms: alarmsOf(all, (did) => fleet.done.push(did)),
    changes: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    done: [],
    change: () => {
      for (const listener of listeners) listener();
    },
    requests: [],
  };
  return fleet;
}

function matching(all: readonly FakeDevice[], filter: DeviceFilter): readonly DeviceView[] {
  return all
    .map(({ view }) => view)
    .filter(
      (view) =>
        (filter.thing === undefined || view.thing === filter.thing) &&
        (filter.drift === undefined || view.drift === filter.drift) &&
        (filter.runnable === undefined || view.runnable === filter.runnable) &&
        (filter.state === undefined || view.state === filter.state) &&
        (filter.rule === undefined || view.worst?.rule === filter.rule) &&
        (filter.cause === undefined || view.worst?.cause === filter.cause) &&
        (filter.job === undefined || view.states.some(({ project, job }) => `${project}/${job}` === filter.job)) &&
        (filter.q === undefined || `${view.thing} ${view.product}`.toLowerCase().includes(filter.q.toLowerCase())),
    );
}

export function paged<T>(all: readonly T[], page: Page, key: (item: T) => string): Paged<T> {
  const from = page.after === undefined ? 0 : all.findIndex((item) => key(item) === page.after) + 1;
  const items = all.slice(from, from + page.limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && from + page.limit < all.length ? key(last) : null };
}

const tally = <K extends string>(keys: readonly K[], values: readonly (K | null)[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, values.filter((value) => value === key).length])) as Record<K, number>;

const RUNNABLES: readonly Runnable[] = ["RUNNABLE", "RUNNABLE_UNTESTED", "WILL_NOT_RUN", "CANNOT_TELL"];
const DRIFTS: readonly Drift[] = ["IN_SYNC", "DRIFTED", "UNKNOWN", "NOT_CHECKED"];
const STATES: readonly Freshness[] = ["fresh", "late", "silent", "never"];

function causesOf(all: readonly FakeDevice[]): readonly Cause[] {
  return SCENES.flatMap((scene, group) => {
    const views = all.filter((each) => each.group === group).map(({ view }) => view);
    const [view] = views;
    const finding = view?.states[0]?.findings[0];
    if (view === undefined || finding === undefined) return [];
    const times = views.map(({ since }) => since ?? "").sort();
    const change =
      group === 0
        ? {
            delta: { l4t: ["32.7.1", "35.1.0"], jetpack: ["4.6.1", "5.0.2"], tensorrt: ["8.2.1", "8.5.2"] } as const,
            things: views.length,
            from: times[0] ?? "",
            to: times.at(-1) ?? "",
          }
        : null;
    const { rule, expected, actual, outcome, severity, because, remedy } = finding;
    return [
      {
        cause: causeId(scene),
        rule,
        expected,
        actual,
        outcome,
        severity,
        because,
        things: views.length,
        since: times[0] ?? "",
        last: times.at(-1) ?? "",
        first: views.slice(0, 4).map(({ thing }) => thing),
        change,
        remedy,
        breaks: scene.breaks,
      },
    ];
  });
}

function questionsOf(all: readonly FakeDevice[], requests: () => readonly RequestView[]): FleetQuestions {
  const views = all.map(({ view }) => view);
  const causes = causesOf(all);
  const wont = views.filter(({ runnable }) => runnable === "WILL_NOT_RUN").length;
  const grave = causes.filter(({ severity }) => severity === "BLOCKING");
  const gaps = views.flatMap(({ thing, epochs }) =>
    epochs.flatMap(({ epoch, missing, heardAt }) => missing.map((range) => ({ thing, epoch, ...range, heardAt }))),
  );
  const empty = all.length === 0;
  const delivery = {
    reports: empty ? 0 : all.length * 40 + 12,
    heartbeats: empty ? 0 : all.length * 77,
    duplicates: empty ? 0 : 214,
    conflicts: 0,
    named: empty ? 0 : 35,
    givenUp: 0,
    missing: gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0),
    refused: empty
      ? []
      : [
          {
            reason: "not-json",
            count: 3,
            lastAt: iso(5),
            topic: "dt/packdrift/v1/old-camera/report",
            why: "it is not valid JSON",
            sample: "<html>502 Bad Gateway</html>\\x00",
          },
        ],
  };
  const job = (project: string, name: string): JobView => ({
    project,
    job: name,
    reported: tally(
      RUNNABLES,
      views.filter(({ states }) => states.some((state) => state.job === name)).map(({ runnable }) => runnable),
    ),
    judged: {
      can: group(views.filter(({ runnable }) => runnable === "RUNNABLE")),
      cannot: group(views.filter(({ runnable }) => runnable === "WILL_NOT_RUN")),
      unknown: group(views.filter(({ runnable }) => runnable === "CANNOT_TELL")),
      after:
        wont === 0
          ? []
          : [
              {
                ...group(views.filter(({ runnable }) => runnable === "WILL_NOT_RUN").slice(0, Math.ceil(wont / 2))),
                change: CHANGE,
              },
            ],
      withoutFacts: Math.floor(all.length / 30),
    },
  });
  const jobs: readonly JobItem[] = [
    ...new Set(views.flatMap(({ states }) => states.map((state) => JSON.stringify([state.project, state.job])))),
  ]
    .sort()
    .map((key) => {
      const [project, name] = JSON.parse(key) as [string, string];
      const of = views.filter(({ states }) => states.some((state) => state.job === name));
      return {
        project,
        job: name,
        described: true,
        things: of.length,
        drift: tally(
          DRIFTS,
          of.map(({ drift }) => drift),
        ),
        runnable: tally(
          RUNNABLES,
          of.map(({ runnable }) => runnable),
        ),
      };
    });
  return {
    summary: async (at) => ({
      at: at ?? new Date(NOW).toISOString(),
      things: all.length,
      drift: tally(
        DRIFTS,
        views.map(({ drift }) => drift),
      ),
      runnable: tally(
        RUNNABLES,
        views.map(({ runnable }) => runnable),
      ),
      states: tally(
        STATES,
        views.map(({ state }) => state),
      ),
      wontRun: { things: wont, causes: grave.length, covered: grave.reduce((sum, { things }) => sum + things, 0) },
      delivery,
    }),
    delivery: async () => delivery,
    trend: async (from, to, points) =>
      Array.from({ length: empty ? 0 : points }, (_, index) => {
        const part = index / (points - 1);
        const bump = part > 0.975 ? 1 : part > 0.9 ? 0.35 : part > 0.62 && part < 0.74 ? 0.55 : 0.04;
        return {
          at: new Date(Date.parse(from) + part * (Date.parse(to) - Date.parse(from))).toISOString(),
          things: all.length,
          wontRun: Math.round(wont * bump),
          drifted: Math.round(wont * bump + all.length * 0.12),
        };
      }),
    devices: async (filter, page) => paged<DeviceItem>(matching(all, filter), page, ({ thing }) => thing),
    things: async (filter, page) => {
      const found = paged(matching(all, filter), page, ({ thing }) => thing);
      return { ...found, items: found.items.map(({ thing }) => thing) };
    },
    count: async (filter) => matching(all, filter).length,
    device: async (thing) => views.find((view) => view.thing === thing) ?? null,
    history: async (thing, page) =>
      paged(historyOf(views.find((view) => view.thing === thing)), page, (item) => item.at + item.kind),
    report: async (thing, epoch, sequence) => {
      const view = views.find((each) => each.thing === thing);
      return view === undefined || epoch !== "k3v9x2"
        ? null
        : { receivedAt: iso(2), text: JSON.stringify(fakeReport(view, sequence)) };
    },
    causes: async (_, page) => paged(causes, page, ({ cause }) => cause),
    cause: async (id) => causes.find(({ cause }) => cause === id) ?? null,
    jobs: async (page) => paged(jobs, page, (item) => `${item.project}/${item.job}`),
    job: async (project, name) =>
      jobs.some((item) => item.project === project && item.job === name) ? job(project, name) : null,
    jobThings: async (project, name, wanted, page) =>
      jobs.some((item) => item.project === project && item.job === name)
        ? paged(
            jobThings(views).filter(
              ({ outcome, change }) => outcome === (wanted.outcome ?? outcome) && change === (wanted.change ?? change),
            ),
            page,
            ({ thing }) => thing,
          )
        : null,
    judge: async (description) => {
      if (typeof description !== "object" || description === null || Array.isArray(description))
        throw new InvalidInputError("Cannot judge the job: must be an object");
      return { ...job("gear-teeth", "inspection-new"), reported: tally(RUNNABLES, []) };
    },
    whatIf: async (change, filter) => {
      if (change.jetpack === "9") throw new InvalidInputError('Cannot suppose JetPack "9": no table knows it');
      const of = matching(all, filter);
      const stops = of.filter(({ runnable }) => runnable === "RUNNABLE").slice(0, Math.ceil(of.length * 0.6));
      return {
        change,
        things: of.length,
        stops: group(stops),
        starts: group(of.filter(({ runnable }) => runnable === "WILL_NOT_RUN")),
        same: of.length - stops.length,
        unknown: Math.floor(of.length / 50),
        impossible: Math.floor(of.length / 3),
        withoutDescription: 0,
        causes: [
          { rule: "compiler.trt-ver", expected: "8.2.1", actual: "8.5.2", things: stops.length },
          { rule: "compiler.cuda-ver", expected: "10.2", actual: "11.4", things: Math.floor(stops.length / 2) },
        ],
        withoutFacts: Math.floor(of.length / 30),
      };
    },
    whatIfPairs: async (_, filter, page) =>
      paged(
        matching(all, filter).map(({ thing }, at) => ({
          ...{ thing, project: "gear-teeth", job: "inspection-a", outcome: at % 5 === 0 ? "STARTS" : "STOPS" },
        })),
        page,
        ({ thing }) => thing,
      ),
    rejudge: async () => ({ same: all.length, differs: [], withoutDescription: 0, withoutFacts: 0 }),
    refused: async (page) => paged(all.slice(0, 8).map(refusedBy), page, ({ at }) => at),
    gaps: async (page) => paged(gaps, page, ({ thing }) => thing),
    requests: async (page) => paged(requests(), page, ({ id }) => id),
    request: async (id) => requests().find((request) => request.id === id) ?? null,
    jobsOn: async (thing, page) =>
      all.some(({ view }) => view.thing === thing) ? paged(jobsFor(thing), page, ({ job }) => job) : null,
    doctor: async (thing) => (all.some(({ view }) => view.thing === thing) ? doctorOf(thing) : null),
    answers: async (id, page) => {
      const request = requests().find((each) => each.id === id);
      const things = request === undefined ? [] : matching(all, request.filter);
      const items = things.map(({ thing }, index) =>
        index < (request?.answered ?? 0)
          ? ({ thing, status: "DONE", sentAt: iso(0.02), answeredAt: iso(0.01), answer: '{"status":"DONE"}' } as const)
          : ({ thing, status: "WAITING", sentAt: iso(0.02), answeredAt: null, answer: null } as const),
      );
      return paged(items, page, ({ thing }) => thing);
    },
  };
}

const CHANGE = "Going back to JetPack 4.6.1, which has TensorRT 8.2.1";

/** What is judged of a job: half of those that cannot run it would after a change. */
function jobThings(views: readonly DeviceView[]): readonly JobThing[] {
  const wont = views.filter(({ runnable }) => runnable === "WILL_NOT_RUN");
  const helped = new Set(wont.slice(0, Math.ceil(wont.length / 2)));
  return views.map((view) => {
    const { thing, runnable } = view;
    const outcome = runnable === "WILL_NOT_RUN" ? "CANNOT" : runnable === "RUNNABLE" ? "CAN" : "UNKNOWN";
    return { thing, outcome, change: helped.has(view) ? CHANGE : null };
  });
}

/** One that runs and one that does not. */
function jobsFor(thing: string): readonly DeviceJob[] {
  const text = HOSTILE.find((each) => thing.startsWith(each));
  const nothing = { rule: null, expected: null, actual: null, because: null, change: null };
  return [
    { project: "gear-teeth", job: "inspection-a", runnable: "RUNNABLE", ...nothing },
    {
      ...{ project: text ?? "gear-teeth", job: text ?? "inspection-b", runnable: "WILL_NOT_RUN" },
      ...{
        rule: "compiler.trt-ver",
        expected: text ?? "8.2.1",
        actual: text ?? "8.5.2",
        because: text ?? "it does not load",
      },
      change: text ?? "JetPack 4.6.1 (L4T 32.7.1)",
    },
  ];
}

/** A message in the name of a device, which may be hostile. */
function refusedBy({ view: { thing } }: FakeDevice, number: number): RefusedMessage {
  const text = HOSTILE.find((each) => thing.startsWith(each)) ?? "<html>502 Bad Gateway</html>\\x00";
  const about = { reason: "not-json", at: iso(5 + number), why: "it is not valid JSON" };
  return { ...about, thing, known: number !== 1, topic: `dt/packdrift/v1/${thing}/report`, sample: text.repeat(20) };
}

/** What a doctor has found; a device with a hostile name says hostile things. */
function doctorOf(thing: string): DoctorView {
  const text = HOSTILE.find((each) => thing.startsWith(each));
  return {
    ...{ request: "r1", askedBy: text ?? "anna", askedAt: iso(0.2), answeredAt: iso(0.19), status: "DONE" },
    ...{ why: null, version: text ?? "0.2.0", well: false, leftOut: text ?? null },
    lines: [
      {
        ...{ id: text ?? "policies.cloud", state: "PROBLEM", tried: text ?? "publishing to dt/packdrift/v1/+/report" },
        found: text ?? "the policy of the device's certificate refuses it",
        fix: text ?? "Add the statement in recipe/policies/mqtt-policy.json to the policy.",
      },
      {
        ...{ id: text ?? "outbox.disk", state: "NOTE", tried: text ?? "the outbox" },
        ...{ found: text ?? "12 reports wait, the oldest for 3 hours", fix: null },
      },
      {
        ...{ id: text ?? "policies.shadow", state: "NOT_TRIED", tried: text ?? "writing the named shadow" },
        ...{ found: text ?? "a request writes nothing", fix: null },
      },
    ],
    ok: [text ?? "program: 0.2.0 on Node.js 16.20.2", "broker: connected"],
  };
}

const group = (views: readonly DeviceView[]) => ({
  things: views.length,
  first: views.slice(0, 5).map(({ thing }) => thing),
});

function historyOf(view: DeviceView | undefined): readonly HistoryItem[] {
  const state = view?.states[0];
  if (view === undefined || state === undefined || view.runnable === null || view.drift === null) return [];
  const { project, job } = state;
  const report = (hours: number, sequence: number, kind: "COMPLETE" | "HEARTBEAT", bad: boolean): HistoryItem => ({
    kind: "report",
    at: iso(hours),
    epoch: "k3v9x2",
    sequence,
    report: {
      kind,
      trigger: kind === "COMPLETE" ? "FACT_CHANGE" : "SCHEDULE",
      drift: bad ? (view.drift as Drift) : "IN_SYNC",
      runnable: bad ? (view.runnable as Runnable) : "RUNNABLE",
      checkedAt: iso(hours),
      project,
      job,
    },
  });
  const [finding] = state.findings;
  return [
    report(2, 118, "HEARTBEAT", true),
    report(8, 117, "COMPLETE", true),
    ...(finding === undefined
      ? []
      : ([
          { kind: "opened", at: iso(8), finding },
          {
            kind: "change",
            at: iso(8),
            trigger: "FACT_CHANGE",
            delta: { l4t: ["32.7.1", "35.1.0"], tensorrt: ["8.2.1", "8.5.2"] },
          },
        ] as const)),
    report(26, 116, "HEARTBEAT", false),
    report(50, 115, "COMPLETE", false),
    ...(finding === undefined
      ? []
      : ([{ kind: "closed", at: iso(50), finding: { ...finding, actual: "8.0.1", until: iso(50) } }] as const)),
    report(74, 114, "HEARTBEAT", false),
  ];
}

function alarmViews(all: readonly FakeDevice[]): readonly AlarmView[] {
  if (all.length === 0) return [];
  const base = {
    times: 1,
    firstAt: iso(8),
    lastAt: iso(0.1),
    clearedAt: null,
    acknowledgedBy: null,
    silencedUntil: null,
  };
  return [
    ...causesOf(all)
      .filter(({ severity }) => severity === "BLOCKING")
      .map(
        ({ cause, things }, at): AlarmView => ({
          ...base,
          id: `a${at}`,
          kind: "CAUSE",
          status: at === 0 ? "ACTIVE" : "ACKNOWLEDGED",
          severity: "BLOCKING",
          title: at === 0 ? "TensorRT is 8.5.2, expected 8.2.1" : "libcuda and the kernel module differ",
          cause,
          things,
          most: things + 3,
          acknowledgedBy: at === 0 ? null : "anna",
        }),
      ),
    {
      ...base,
      id: "s",
      kind: "SILENCE",
      status: "ACTIVE",
      severity: "WARNING",
      title: "Devices are silent",
      cause: null,
      things: 5,
      most: 7,
      times: 3,
    },
    {
      ...base,
      id: "d",
      kind: "DELIVERY",
      status: "CLEARED",
      severity: "ERROR",
      title: "Reports are missing",
      cause: null,
      things: 2,
      most: 2,
      clearedAt: iso(30),
    },
  ];
}

function alarmsOf(all: readonly FakeDevice[], did: (words: string) => void): PageParts["alarms"] {
  return {
    alarms: async ({ status } = {}) =>
      alarmViews(all).filter((alarm) => status === undefined || alarm.status === status),
    acknowledgeAlarm: async (id, by) => did(`${by} acknowledges ${id}`),
    silenceAlarm: async (id, until, reason, by) => did(`${by} silences ${id} until ${until}: ${reason}`),
    silence: async ({ matcher, reason, endsAt }, by) => {
      did(`${by} silences ${JSON.stringify(matcher)} until ${endsAt}: ${reason}`);
      return { id: "x", matcher: { alarm: "a" }, reason, madeBy: by, madeAt: iso(0), endsAt };
    },
    unsilence: async (id) => did(`ends ${id}`),
    silences: async () => [],
  };
}
