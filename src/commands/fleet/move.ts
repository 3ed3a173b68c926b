import { UsageError } from "../../base/errors.js";
import { countOf, escapeControls } from "../../base/text.js";
import { type Moved, type MoveWatch, moveStore } from "../../fleet/store/move/move-store.js";
import { isSameStore, openMoveSource, openMoveTarget } from "../../fleet/store/move/open-end.js";
import { shownStore } from "../../fleet/store/store-address.js";
import { FLEET_MOVE } from "../help/specs/fleet.js";
import type { Command } from "../shared/command.js";
import { parseOptions } from "../shared/parse-options.js";
import { type Progress, progress } from "../shared/progress-bar.js";
import type { Terminal } from "../shared/terminal.js";

/**
 * `packdrift fleet move`: moves all rows of a store, or those that an earlier run left, to another store, and compares
 * both.
 */
export const fleetMove: Command = async (args, terminal) => {
  const { from, to, json } = parseOptions(args, FLEET_MOVE).values;
  if (isSameStore(from, to)) throw new UsageError(`Cannot move "${shownStore(from)}" to itself`);
  const source = await openMoveSource(from);
  try {
    const target = await openMoveTarget(to);
    try {
      const watch = watchOn(terminal);
      const moved = await moveStore(source, target, watch).finally(() => watch.end());
      const names = { from: source.name, to: target.name };
      terminal.out(json ? `${JSON.stringify(written(moved, names))}\n` : rendered(moved, names));
      return 0;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
};

function watchOn(terminal: Terminal): MoveWatch & { end(): void } {
  let shown: Progress | null = null;
  const next = (what: string, rows: number) => {
    shown?.end();
    shown = progress(terminal, what, rows);
  };
  return {
    copying(rows, moved) {
      next("Moving rows", rows);
      shown?.step(moved);
    },
    verifying: (rows) => next("Comparing rows", rows),
    step: (rows) => shown?.step(rows),
    end: () => shown?.end(),
  };
}

interface Names {
  readonly from: string;
  readonly to: string;
}

function written({ found, tables }: Moved, names: Names) {
  return { schema: "packdrift.fleet-move/1", ...names, found, rows: rowsOf(tables), tables };
}

function rendered({ found, tables }: Moved, { from, to }: Names): string {
  const rows = countOf(rowsOf(tables), "row");
  const widest = Math.max(...tables.map(({ name }) => name.length));
  const digits = String(rowsOf(tables)).length;
  const lines = tables.map(
    ({ name, rows: count, digest }) =>
      `${name.padEnd(widest)}  ${String(count).padStart(digits)}  SHA-256 ${digest.slice(0, 16)}…`,
  );
  const done = {
    empty: `Moved ${rows} from ${from} to ${to}.`,
    begun: `Moved the rest of ${rows} from ${from} to ${to}.`,
    complete: `Nothing to move: ${to} has all ${rows} of ${from}.`,
  }[found];
  return [...lines, done, "Read again from both, they are the same.", ""].map(escapeControls).join("\n");
}

function rowsOf(tables: Moved["tables"]): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}
