import { join } from "node:path";
import { versionedShadow } from "../../src/agent/shadow/versioned.js";
import { SHADOW } from "../../src/base/names.js";
import { type DeviceFacts, known } from "../../src/device/facts.js";
import { parseConfiguration } from "../../src/examiner/raw-configuration.js";
import { memoryDisk } from "../../src/lab/fleet/memory-store.js";
import { virtualExaminer } from "../../src/lab/fleet/virtual-examiner.js";
import { archiveOf, jobsIn } from "../../src/lab/fleet/virtual-fleet.js";
import { readAnswers } from "../../src/lab/sample-archive.js";
import { type Shadows, shadowStore } from "../../src/lab/shadows.js";
import type { CompleteReport, Unnumbered } from "../../src/report/report.js";
import type { ReportedShadow } from "../../src/report/reported-shadow.js";
import { hosts } from "../report/formats/reports.js";
import { type IndexDocument, indexDocument } from "./index-document.js";

const TOP = join(import.meta.dirname, "../..");
export const NOW = Date.parse("2026-11-30T12:00:00Z");
const HOUR_MS = 3_600_000;

/** A thing of AWS IoT with the component on it, and the truth about it. */
export interface Thing {
  readonly name: string;
  /** What its last check reported; empty for a device that never checked. */
  readonly reports: readonly Unnumbered<CompleteReport>[];
  readonly facts: DeviceFacts;
  readonly checkedMs: number;
  readonly isConnected: boolean;
  /** What it wrote to the shadow. */
  readonly written: ReportedShadow | null;
  /** The shadow as the service returns it. */
  readonly shadow: Record<string, unknown> | null;
  readonly document: IndexDocument;
}

interface ThingSpec {
  readonly name: string;
  readonly facts: DeviceFacts;
  readonly jobs: readonly { readonly project: string; readonly job: string }[];
  readonly checkedMs: number;
  readonly isConnected: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly deployed?: Readonly<Record<string, string>>;
  /** What the shadow's desired state asks for, which the component has not obeyed. */
  readonly desired?: Readonly<Record<string, unknown>>;
  /** packdrift's. */
  readonly version?: string;
}

/** Every recorded machine with all sample jobs, some with each alone, and some that are offline, silent or never heard. */
export async function indexedThings(): Promise<readonly Thing[]> {
  const answers = await readAnswers(join(TOP, "src/lab/jobs"));
  const copies = copiesOf(answers[0]);
  const archive = archiveOf([...answers, ...copies], "archive http://127.0.0.1:8080", () => NOW);
  const jobs = jobsIn(answers);
  const refsIn = (some: readonly unknown[]) =>
    jobsIn(some).map(({ project, name }) => ({ project: project ?? "", job: name ?? "" }));
  const all = refsIn(answers);
  const right = Object.fromEntries(jobs.map(({ component }) => [component.name ?? "", component.version ?? "1.0.0"]));
  const store = shadowStore(() => NOW);
  const recently = { checkedMs: NOW - HOUR_MS, isConnected: true, deployed: right };
  const specs = hosts().flatMap(({ name: machine, facts }, at): readonly ThingSpec[] => [
    // One job alone shows what another one beside it would hide; a few machines do for that.
    ...(at % 4 === 0 ? all.map((ref) => ({ ...recently, name: `${machine}-${ref.job}`, facts, jobs: [ref] })) : []),
    { ...recently, name: `${machine}-all`, facts, jobs: all, isConnected: at % 3 > 0 },
    {
      ...recently,
      name: `${machine}-other-versions`,
      facts,
      jobs: all,
      deployed: Object.fromEntries(Object.keys(right).map((component) => [component, "99.0.0"])),
      settings: { logLevel: "debug" },
    },
    {
      ...recently,
      name: `${machine}-waived`,
      facts,
      jobs: all,
      settings: { waivers: [{ rule: "compiler.trt-ver", reason: "tried by hand" }] },
      desired: { schedule: "sometimes" },
    },
    {
      ...recently,
      name: `${machine}-silent`,
      facts: { ...facts, memory: memoryOf(at % 2 === 0 ? 4 : 16) },
      jobs: all.slice(0, 2),
      checkedMs: NOW - (73 + at) * HOUR_MS,
      version: "0.2.0",
    },
    // On x86 none of these runs.
    ...(known(facts.arch) === "X86_64" ? [{ ...recently, name: `${machine}-many`, facts, jobs: refsIn(copies) }] : []),
  ]);
  const things = await Promise.all(specs.map((spec) => thingOf(spec, { archive, store })));
  const [first] = things;
  if (first === undefined) throw new Error("There are no machines");
  return [...things, neverHeard("cell-1", first.facts), neverHeard("cell-2", first.facts)];
}

/** The recordings have no /proc/meminfo. */
function memoryOf(gigabytes: number): DeviceFacts["memory"] {
  const value = { totalBytes: gigabytes * 2 ** 30, availableBytes: null };
  return { state: "known", value, from: "/proc/meminfo", confidence: "FIRM" };
}

/** The same job under 30 names. */
function copiesOf(answer: unknown): readonly unknown[] {
  const text = JSON.stringify(answer);
  return Array.from({ length: 30 }, (_, at) =>
    JSON.parse(text.replace(/"JobName":"[^"]+"/, `"JobName":"line-${at}-labels"`)),
  );
}

const AGENT = { version: "0.3.0", node: "v20.20.2", outbox: "disk", problems: [] } as const;

/** The component's own examination, and its own writing to a shadow. */
async function thingOf(
  spec: ThingSpec,
  { archive, store }: { readonly archive: ReturnType<typeof archiveOf>; readonly store: Shadows },
): Promise<Thing> {
  const { name, facts, jobs, checkedMs, isConnected } = spec;
  const examine = virtualExaminer({
    jobs: archive,
    now: () => checkedMs,
    facts: () => facts,
    deployed: () => spec.deployed ?? {},
    files: memoryDisk().files,
    parseSettings: parseConfiguration,
  });
  const done = await examine({
    thing: name,
    trigger: "SCHEDULE",
    configuration: {
      jobs: [...jobs],
      source: { type: "archive", endpoint: "http://127.0.0.1:8080" },
      schedule: "30 2 * * *",
      shadow: true,
      ...spec.settings,
    },
    agent: { ...AGENT, version: spec.version ?? AGENT.version },
  });
  if (done.kind !== "done" || done.shadow === null) throw new Error(`${name} has no shadow`);
  const address = { thingName: name, shadowName: SHADOW };
  const get = () => store.get(address);
  const writer = versionedShadow(
    {
      get: async () => JSON.stringify(get()),
      update: async (text) => JSON.stringify(store.update(address, JSON.parse(text))),
    },
    () => {},
  );
  const written = { ...done.shadow, seq: 7 };
  await writer.write(written);
  if (spec.desired !== undefined) store.update(address, { state: { desired: spec.desired } });
  const shadow = get();
  return {
    name,
    reports: done.reports.map(({ report }) => report),
    facts,
    checkedMs,
    isConnected,
    written,
    shadow,
    document: indexDocument({ thingName: name, thingTypeName: "edge-gpu", connected: isConnected, shadow }),
  };
}

/** A thing that was made, and on which the component never ran. */
function neverHeard(name: string, facts: DeviceFacts): Thing {
  const document = indexDocument({ thingName: name, thingTypeName: "edge-gpu", connected: false, shadow: null });
  return { name, reports: [], facts, checkedMs: 0, isConnected: false, written: null, shadow: null, document };
}
