import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";
import { EpochOrder } from "../../../src/fleet/receiving/order.js";
import { type FleetStore, openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import type { Gap, Report } from "../../../src/report/report.js";
import { runs } from "../../long-runs.js";
import { complete, drifted, heartbeat, messageOf, minute, sealOf } from "../store/fleet-messages.js";

/** What a device makes: reports with sequences from 1, some lost and named by a later one. */
const history = fc
  .array(fc.record({ kind: fc.constantFrom("complete", "drifted", "heartbeat", "lost"), name: fc.boolean() }), {
    minLength: 1,
    maxLength: 25,
  })
  .map((steps) => {
    const reports: Report[] = [];
    let unnamed: number[] = [];
    steps.forEach(({ kind, name }, at) => {
      const sequence = at + 1;
      if (kind === "lost") {
        unnamed.push(sequence);
        return;
      }
      const [first] = unnamed;
      const last = unnamed[unnamed.length - 1];
      const gaps: readonly Gap[] =
        name && first !== undefined && last !== undefined
          ? [{ fromSequence: first, toSequence: last, count: unnamed.length }]
          : [];
      if (gaps.length > 0) unnamed = [];
      const parts = { sequence, ...(gaps.length > 0 ? { gaps } : {}) };
      const before = [...reports].reverse().find((report) => report.kind === "COMPLETE");
      const verdict = before === undefined ? {} : { drift: before.drift, runnable: before.runnable };
      reports.push(
        kind === "complete"
          ? complete(parts)
          : kind === "drifted"
            ? drifted(parts)
            : heartbeat({ ...parts, ...verdict }),
      );
    });
    return reports;
  })
  .filter((reports) => reports.length > 0 && reports[0]?.sequence === 1);

/** Arrivals in any order, some more than once, in batches. */
const arrival = history.chain((reports) =>
  fc.record({
    reports: fc.constant(reports),
    order: fc
      .tuple(
        fc.shuffledSubarray([...reports], { minLength: reports.length }),
        fc.array(fc.constantFrom(...reports), { maxLength: 6 }),
      )
      .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length })),
    batch: fc.integer({ min: 1, max: 7 }),
  }),
);

/** Reports of one chain in which some links are broken, in any order, some more than once, in batches. */
const chained = fc.array(fc.boolean(), { minLength: 2, maxLength: 9 }).chain((broken) => {
  const reports: Report[] = [];
  for (const isBroken of broken) {
    const before = reports[reports.length - 1];
    const previous = isBroken ? "nonsense" : before === undefined ? undefined : sealOf(before);
    const sequence = reports.length + 1;
    reports.push(complete({ sequence, ...(previous === undefined ? {} : { previous }) }));
  }
  return fc.record({
    reports: fc.constant(reports),
    order: fc
      .array(fc.constantFrom(...reports), { maxLength: 4 })
      .chain((again) => fc.shuffledSubarray([...reports, ...again], { minLength: reports.length + again.length })),
    batch: fc.integer({ min: 1, max: 5 }),
  });
});

const LATE = minute(1_000_000);

async function ingestAll(store: FleetStore, messages: readonly ReceivedMessage[], batch: number): Promise<void> {
  for (let at = 0; at < messages.length; at += batch) await store.ingest(messages.slice(at, at + batch));
  await store.settle(minute(0));
  await store.settle(LATE);
}

/** What the reports came to, but for times. */
async function outcome(store: FleetStore) {
  return {
    contiguous: await store.all("SELECT contiguous, missing FROM epoch"),
    reports: await store.all("SELECT sequence FROM report ORDER BY sequence"),
    lost: await store.all("SELECT coalesce(sum(count), 0) AS count FROM lost"),
    state: await store.all("SELECT drift, runnable, sequence, report_sequence, blocking FROM state"),
    open: await store.all("SELECT rule FROM finding WHERE until IS NULL"),
    thing: await store.all("SELECT drift, runnable, jobs FROM thing"),
  };
}

describe("apply", () => {
  it("has the same result in whatever order and however often reports arrive, and never passes what is neither stored nor lost", () =>
    fc.assert(
      fc.asyncProperty(arrival, async ({ reports, order, batch }) => {
        const [store, inOrder] = [await openSqlite(":memory:"), await openSqlite(":memory:")];
        await ingestAll(
          store,
          order.map((report) => messageOf(report, minute(500))),
          batch,
        );
        await ingestAll(
          inOrder,
          reports.map((report) => messageOf(report, minute(500))),
          reports.length,
        );

        expect(await outcome(store)).toEqual(await outcome(inOrder));
        const [epoch] = await store.all("SELECT contiguous FROM epoch");
        const lost = await store.all("SELECT from_sequence AS a, to_sequence AS b FROM lost");
        const stored = new Set(reports.map(({ sequence }) => sequence));
        for (let sequence = 1; sequence <= Number(epoch?.contiguous); sequence += 1) {
          const isLost = lost.some(({ a, b }) => Number(a) <= sequence && sequence <= Number(b));
          expect(stored.has(sequence) || isLost).toBe(true);
        }
        await store.close();
        await inOrder.close();
      }),
      { numRuns: runs(150) },
    ));

  it("finds the same broken links of the chain whatever the order and however often reports arrive", () =>
    fc.assert(
      fc.asyncProperty(chained, async ({ reports, order, batch }) => {
        const faultsIn = async (messages: readonly Report[], size: number) => {
          const store = await openSqlite(":memory:");
          await ingestAll(
            store,
            messages.map((report) => messageOf(report, minute(500))),
            size,
          );
          const [total] = await store.all("SELECT sum(value) AS faults FROM total WHERE name = 'chain_faults'");
          await store.close();
          return Number(total?.faults ?? 0);
        };

        expect(await faultsIn(order, batch)).toBe(await faultsIn(reports, reports.length));
      }),
      { numRuns: runs(60) },
    ));

  it("is contiguous as far as the receiving order is", () =>
    fc.assert(
      fc.asyncProperty(arrival, async ({ order }) => {
        const store = await openSqlite(":memory:");
        const other = new EpochOrder({
          thing: "box-1",
          epoch: "e1",
          first: 1,
          mostHeld: 1_000,
          waiting: { bytes: 0, orders: new Set() },
        });
        for (const report of order) {
          const [taken] = other.take(report, `${report.id} ${report.kind} ${report.drift}`);
          if (taken?.kind !== "duplicate") for (const gap of report.gaps ?? []) other.name(gap);
        }
        await ingestAll(
          store,
          order.map((report) => messageOf(report)),
          3,
        );

        const [epoch] = await store.all("SELECT first, contiguous FROM epoch");
        // The store expects nothing before the first sequence it has seen, once that is settled.
        expect(Number(epoch?.first)).toBe(1);
        expect(epoch?.contiguous).toBe(other.contiguous);
        await store.close();
      }),
      { numRuns: runs(150) },
    ));
});
