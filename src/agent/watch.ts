import type { Later } from "../base/clock.js";
import type { Settings } from "../config/settings.js";
import type { Trigger } from "../report/report.js";
import type { Follower } from "./follower.js";
import { type DeployedFiles, type Watched, type WatchedFolders, watchedFiles } from "./watched-files.js";

/** Compares files with their earlier state. */
interface Watch {
  /** Compares now, then at this interval; null stops it. */
  every(intervalMs: number | null): void;
  stop(): void;
}

interface WatchParts {
  readonly fingerprint: (paths: readonly string[]) => string;
  readonly later: Later;
  readonly onChange: (trigger: Trigger) => void;
}

/**
 * Compares files at an interval and reports changes: at most one trigger per comparison, the first in the order of `watched`.
 * The watched files may differ between comparisons; a newly watched file does not count as changed. The first comparison is
 * made at once, so that a change during the first check is noticed.
 */
export function watchFiles({
  watched,
  fingerprint,
  later,
  onChange,
}: WatchParts & { readonly watched: () => Watched }): Watch {
  const seen = new Map<string, { readonly paths: string; readonly print: string }>();
  let cancel = () => {};

  function compare(): void {
    const changed: Trigger[] = [];
    for (const [trigger, files] of watched()) {
      const now = { paths: files.join("|"), print: fingerprint(files) };
      const before = seen.get(trigger);
      seen.set(trigger, now);
      if (before !== undefined && before.paths === now.paths && before.print !== now.print) changed.push(trigger);
    }
    const [first] = changed;
    if (first !== undefined) onChange(first);
  }

  function repeat(intervalMs: number): void {
    cancel = later(intervalMs, () => {
      compare();
      repeat(intervalMs);
    });
  }

  compare();
  return {
    every(intervalMs) {
      cancel();
      if (intervalMs === null) return;
      compare();
      repeat(intervalMs);
    },
    stop: () => cancel(),
  };
}

/** Watches the files behind facts, jobs and components, at the interval in the settings. */
export function followFiles(folders: WatchedFolders, parts: WatchParts): Follower {
  let settings: Settings | null = null;
  let deployed: DeployedFiles = { components: [], modelFiles: [] };
  let watchSeconds = 0;
  const watch = watchFiles({ ...parts, watched: () => watchedFiles(folders, settings, deployed) });
  return {
    checked(result) {
      settings = result.settings;
      const components = [...new Set(result.reports.map(({ report }) => report.component.name ?? ""))].filter(Boolean);
      deployed = { components, modelFiles: result.modelFiles };
      if (settings.watchSeconds === watchSeconds) return;
      watchSeconds = settings.watchSeconds;
      watch.every(watchSeconds === 0 ? null : watchSeconds * 1_000);
    },
    stop: watch.stop,
  };
}
