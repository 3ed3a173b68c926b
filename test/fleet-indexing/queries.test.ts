import { beforeAll, describe, expect, it } from "vitest";
import { known } from "../../src/device/facts.js";
import { summarize } from "../../src/device/summary.js";
import type { Finding } from "../../src/drift/finding.js";
import { counts } from "../../src/drift/verdict.js";
import type { CompleteReport, Unnumbered } from "../../src/report/report.js";
import { errorsOf } from "../schema-errors.js";
import { asSent, readyQueries } from "./docs-queries.js";
import { parseQuery } from "./parse-query.js";
import { limitsBroken, selects, termsOf } from "./query.js";
import { indexedThings, NOW, type Thing } from "./things.js";

type Report = Unnumbered<CompleteReport>;

const SILENT_SINCE = NOW - 72 * 3_600_000;
const differs = (finding: Finding) => finding.outcome === "DRIFT" && counts(finding);
const isStuck = ({ runnable }: Report) => runnable === "WILL_NOT_RUN";
const willNotRun = ({ reports }: Thing) => reports.some(isStuck);
const hasCause =
  (fits: (finding: Finding) => boolean) =>
  ({ reports }: Thing) =>
    reports.some(({ findings }) => findings.some((finding) => differs(finding) && fits(finding)));
const cannotTell = ({ reports }: Thing) => reports.some(({ runnable }) => runnable === "CANNOT_TELL");
const total = ({ reports }: Thing, count: "blocking" | "waived") =>
  reports.reduce((sum, report) => sum + report.counts[count], 0);
const major = (version: string | null) => Number.parseInt(version ?? "", 10);
const isOn = (thing: Thing) => thing.reports.length > 0;
const stateOf = ({ shadow }: Thing) => (shadow?.state ?? {}) as Record<string, Record<string, unknown>>;

/** Which devices each query of the page means, told by their reports and facts, not by the shadow. */
const TRUTH: Readonly<Record<string, (thing: Thing) => boolean>> = {
  "P.runnable:WILL_NOT_RUN": willNotRun,
  'P.wontRun:"gear-teeth-sm72"': ({ reports }) =>
    reports.some((report) => isStuck(report) && report.job.name === "gear-teeth-sm72"),
  "P.wontRunCut>0": (thing) => namesOfStuck(thing).some((name) => !isListed(thing, name)),
  "P.n.blocking>1": (thing) => total(thing, "blocking") > 1,
  'P.codes:"compiler.trt-ver"': hasCause(({ rule }) => rule === "compiler.trt-ver"),
  "P.codes:compiler.*": hasCause(({ rule }) => rule.startsWith("compiler.")),
  "P.codes:*": hasCause(() => true),
  "P.codes:* AND NOT P.runnable:WILL_NOT_RUN": (thing) => hasCause(() => true)(thing) && !willNotRun(thing),
  "P.runnable:CANNOT_TELL": (thing) => cannotTell(thing) && !willNotRun(thing),
  "P.runnable:RUNNABLE_UNTESTED": (thing) =>
    !willNotRun(thing) && !cannotTell(thing) && thing.reports.some(({ runnable }) => runnable === "RUNNABLE_UNTESTED"),
  "P.n.waived>0": (thing) => total(thing, "waived") > 0,
  "P.checked<T": (thing) => isOn(thing) && thing.checkedMs < SILENT_SINCE,
  "thingTypeName:edge-gpu AND NOT P.schema:1": (thing) => !isOn(thing),
  "connectivity.connected:false AND P.runnable:WILL_NOT_RUN": (thing) => !thing.isConnected && willNotRun(thing),
  "P.hw.arch:ARM64 P.hw.sm:sm_72 P.hw.cuda:v10.2* P.hw.trt:(v7.1.3* OR v8.2.1*)": (thing) => {
    const { arch, sm, cuda, tensorrt } = summarize(thing.facts);
    return (
      isOn(thing) &&
      arch === "ARM64" &&
      sm === "sm_72" &&
      cuda?.startsWith("10.2") === true &&
      ["7.1.3", "8.2.1"].some((version) => tensorrt?.startsWith(version))
    );
  },
  "P.hw.jetpack:v4.*": (thing) => isOn(thing) && known(thing.facts.jetpack)?.startsWith("4.") === true,
  'P.hw.l4t:["r32" TO "r36"}': (thing) => isOn(thing) && [32, 33, 34, 35].includes(major(known(thing.facts.l4t))),
  "P.hw.trtMajor:[7 TO 8]": (thing) => isOn(thing) && [7, 8].includes(major(summarize(thing.facts).tensorrt)),
  "P.hw.memMb<8000": (thing) => isOn(thing) && (known(thing.facts.memory)?.totalBytes ?? Number.NaN) < 8_000 * 2 ** 20,
  "P.agent:v0.2.*": ({ reports }) => reports.some(({ agent }) => agent.version.startsWith("0.2.")),
  "P.logLevel:debug": ({ name }) => name.endsWith("-other-versions"),
  "shadow.name.packdrift.hasDelta:true": ({ name }) => name.endsWith("-waived"),
};

function namesOfStuck({ reports }: Thing): readonly string[] {
  return reports.filter(isStuck).map(({ job, component }) => job.name ?? component.name ?? "");
}

function isListed({ document }: Thing, name: string): boolean {
  return selects(asSent(`P.wontRun:"${name}"`, NOW), document);
}

let things: readonly Thing[] = [];
beforeAll(async () => {
  things = await indexedThings();
});

describe("the ready queries of docs/fleet-indexing.md", () => {
  it("are all known here, and no others", () => {
    expect(readyQueries().map(({ query }) => query)).toEqual(Object.keys(TRUTH));
  });

  it.each(readyQueries())("select the devices $devices, and no others: $query", ({ query }) => {
    const truth = TRUTH[query] ?? (() => false);
    const expected = things.filter(truth).map(({ name }) => name);

    const found = things
      .filter(({ document }) => selects(asSent(query, SILENT_SINCE), document))
      .map(({ name }) => name);

    expect(found).toEqual(expected);
    // What selects all or nothing shows nothing.
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(things.length);
  });

  it.each(readyQueries())("keep the limits of the service: $query", ({ query }) => {
    expect(limitsBroken(asSent(query, SILENT_SINCE))).toEqual([]);
  });

  it("name fields that the index has", () => {
    const indexed = new Set(things.flatMap(({ document }) => [...document.keys()]));
    const named = readyQueries().flatMap(({ query }) => termsOf(parseQuery(asSent(query, NOW))));

    expect(named.filter(({ field }) => field === null || !indexed.has(field))).toEqual([]);
  });

  it("find each job where it does not run, and where the list is cut", () => {
    const names = new Set(things.flatMap(({ reports }) => reports.map(({ job }) => job.name ?? "")));

    for (const name of names) {
      const query = asSent(`P.wontRun:"${name}" OR P.wontRunCut>0`, NOW);
      expect(limitsBroken(query)).toEqual([]);
      const found = things.filter(({ document }) => selects(query, document));
      const expected = things.filter((thing) => namesOfStuck(thing).includes(name) || thing.name.endsWith("-many"));
      expect(found).toEqual(expected);
    }
  });
});

describe("the shadows of all recorded machines and sample jobs", () => {
  it("are less than 2 KB", () => {
    const sizes = things.flatMap((thing) => (isOn(thing) ? [JSON.stringify(stateOf(thing).reported).length] : []));

    expect(things.length).toBeGreaterThan(150);
    expect(Math.max(...sizes)).toBeLessThan(2_048);
  });

  it("are as the schema says", () => {
    expect(things.filter(isOn).filter((thing) => errorsOf("shadow-1", thing.written) !== null)).toEqual([]);
  });

  it("have at most five levels, and names and values that the index takes", () => {
    const all = things.filter(isOn);
    for (const thing of all) {
      expect(depthOf({ reported: stateOf(thing).reported })).toBeLessThanOrEqual(5);
      expect(
        leavesOf(stateOf(thing).reported, "").filter(
          ([path]) => !thing.document.has(`shadow.name.packdrift.reported${path}`),
        ),
      ).toEqual([]);
    }
    const names = new Set(all.flatMap((thing) => leavesOf(stateOf(thing).reported, "").map(([path]) => path)));
    expect([...names].filter((name) => !/^(?:\.[A-Za-z0-9_-]+)+$/.test(name))).toEqual([]);
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** All that is not an object, by its path; empty lists left out, which have nothing to index. */
function leavesOf(value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([key, child]) => leavesOf(child, `${path}.${key}`));
  return Array.isArray(value) && value.length === 0 ? [] : [[path, value]];
}
