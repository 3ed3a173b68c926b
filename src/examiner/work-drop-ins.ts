import { reasonOf } from "../base/system-errors.js";
import { type DropIns, readDropIns } from "../device/drop-ins.js";
import type { Host } from "../device/host.js";
import { linuxHost } from "../device/linux-host.js";
import { pathProblem } from "../platform/safe-files.js";

/**
 * The facts that operators declare in the work folder, read from files that no user but root and this process's may write.
 * Never throws.
 */
export function workDropIns(work: string): DropIns {
  const folder = `${work}/facts.d`;
  const problem = problemOf(folder);
  if (problem !== null) return { declared: [], problems: [`Cannot use the facts in "${folder}": ${problem}`] };
  return readDropIns(trustedFilesIn(work), "/facts.d", folder);
}

/** The work folder as a host that reads no file that another user may have written. */
function trustedFilesIn(work: string): Host {
  const host = linuxHost(work);
  return {
    ...host,
    bytes(path, limitBytes) {
      const why = problemOf(`${work}${path}`);
      return why === null ? host.bytes(path, limitBytes) : { state: "unreadable", why };
    },
  };
}

/** What is wrong with a path, as the end of a sentence that names it; null if nothing is. */
function problemOf(path: string): string | null {
  try {
    return pathProblem(path);
  } catch (error) {
    return reasonOf(error);
  }
}
