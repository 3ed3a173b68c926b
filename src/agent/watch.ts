import type { Trigger } from "../report/report.js";

/** The files of which at least one changes whenever a fact changes that can change while the machine runs. */
export const FACT_FILES: readonly string[] = [
  "/etc/os-release",
  "/etc/nv_tegra_release",
  // Any package that is installed, upgraded or removed: JetPack, driver, CUDA and TensorRT come as packages.
  "/var/lib/dpkg/status",
  // Libraries that were installed in another way.
  "/etc/ld.so.cache",
  "/usr/local/cuda",
  "/usr/local/cuda/version.json",
  "/usr/local/cuda/version.txt",
  // A driver that was loaded anew.
  "/proc/driver/nvidia/version",
  "/sys/module/nvidia/version",
  // What the operator declares.
  "/etc/packdrift/facts.d",
];

/** What is watched, by what a change of it means. */
export type Watched = Readonly<Partial<Record<Trigger, readonly string[]>>>;

/** Looks at files now and then. */
export interface Watch {
  /** Looks once, then so often; null: not again. */
  every(intervalMs: number | null): void;
  stop(): void;
}

/**
 * Looks again and again whether files have changed, and says what a change means: one trigger a look, the first that
 * `watched` names. What is watched may change from look to look; a file that is watched for the first time is no change.
 * The first look is at once: what changes from then on, while a first check reads it say, is noticed.
 */
export function watchFiles(parts: {
  readonly watched: () => Watched;
  readonly fingerprint: (paths: readonly string[]) => string;
  readonly later: (milliseconds: number, action: () => void) => () => void;
  readonly onChange: (trigger: Trigger) => void;
}): Watch {
  const seen = new Map<string, { readonly paths: string; readonly print: string }>();
  let cancel = () => {};

  function look(): void {
    const changed: Trigger[] = [];
    for (const [trigger, files] of Object.entries(parts.watched()) as [Trigger, readonly string[]][]) {
      const now = { paths: files.join("|"), print: parts.fingerprint(files) };
      const before = seen.get(trigger);
      seen.set(trigger, now);
      if (before !== undefined && before.paths === now.paths && before.print !== now.print) changed.push(trigger);
    }
    const [first] = changed;
    if (first !== undefined) parts.onChange(first);
  }

  function again(intervalMs: number): void {
    cancel = parts.later(intervalMs, () => {
      look();
      again(intervalMs);
    });
  }

  look();
  return {
    every(intervalMs) {
      cancel();
      if (intervalMs === null) return;
      look();
      again(intervalMs);
    },
    stop: () => cancel(),
  };
}
