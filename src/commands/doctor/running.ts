import { readdirSync, realpathSync } from "node:fs";
import { readExistingFile } from "../../platform/safe-files.js";

/**
 * Whether `packdrift run` is running with this work folder, or with an unknown one. Looks at: /proc/<pid>/cmdline,
 * /proc/<pid>/cwd.
 */
export function isRunningIn(work: string | null): boolean {
  const own = work === null ? null : realPath(work);
  return processes().some((pid) => {
    const args = argumentsOf(pid);
    if (args === null) return false;
    const at = args.indexOf("--work");
    const folder = realPath(at < 0 ? `/proc/${pid}/cwd` : (args[at + 1] ?? ""));
    return own === null || folder === null || folder === own;
  });
}

function processes(): readonly string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** The arguments of `packdrift run`; null for any other process. */
function argumentsOf(pid: string): readonly string[] | null {
  try {
    const args = readExistingFile(`/proc/${pid}/cmdline`).toString("utf8").split("\0");
    const program = args.findIndex((one) => one.endsWith("packdrift.mjs"));
    return program >= 0 && args[program + 1] === "run" ? args.slice(program + 2) : null;
  } catch {
    return null;
  }
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
