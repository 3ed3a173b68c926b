import { NO_COMPUTE_INSTANCE, NOT_IN_CONTAINER } from "../../device/detectors/access.js";
import { known } from "../../device/facts.js";
import { PATHS } from "../../job/requirements.js";
import type { Finding } from "../finding.js";
import { absence, drift, evidence, match, notApplicable, type Question, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";

/**
 * The documented needs of one running model, in bytes (the guide's GB as 10^9, so as not to accuse a borderline board).
 */
const MEMORY_BYTES = 6.0e9;
const DISK_BYTES = 1.5e9;

/** `device.memory`: memory and free disk against the documented needs. Does not decide when unknown. */
export function deviceMemory({ facts }: Question): Finding[] {
  const memory = known(facts.memory);
  const disk = known(facts.disk);
  return [
    sizeFinding(
      "memory",
      MEMORY_BYTES,
      memory?.totalBytes ?? null,
      absence(facts.memory),
      evidence(SOURCES.requirements, [facts.memory, memory && gigabytes(memory.totalBytes)]),
    ),
    sizeFinding(
      "free disk",
      DISK_BYTES,
      disk?.freeBytes ?? null,
      absence(facts.disk),
      evidence(SOURCES.requirements, [facts.disk, disk && `${gigabytes(disk.freeBytes)} free at ${disk.path}`]),
    ),
  ];
}

/** `device.access`: whether the component's user may open what a GPU model opens. Does not decide when unknown. */
export function deviceAccess({ needs, facts }: Question): Finding {
  if (needs.gpu === "NOT_NEEDED") {
    return notApplicable("device.access", PATHS.target, "The model runs on the CPU, so it opens no GPU device");
  }
  const access = facts.access.state === "absent" ? [] : known(facts.access);
  const denied = (access ?? []).filter((one) => !one.allowed);
  const statement = {
    rule: "device.access" as const,
    path: PATHS.target,
    expected: "access to the GPU's devices and libraries",
    actual:
      access === null
        ? null
        : denied.length === 0
          ? "access"
          : `no access to ${denied.map((one) => one.path).join(", ")}`,
    evidence: evidence(SOURCES.setup, [
      facts.access,
      access?.map((one) => `${one.path}: ${one.allowed ? "allowed" : (one.why ?? "denied")}`).join(", "),
    ]),
  };
  if (access === null) {
    return unknown(
      statement,
      `Whether the component's user may use the GPU is not known (${absence(facts.access)})`,
      "INFO",
    );
  }
  if (access.length === 0)
    return notApplicable("device.access", PATHS.target, "This machine has no GPU device or library to open");
  if (denied.length === 0) return match(statement, "The component's user may open the GPU's devices and libraries");
  const undivided = denied.find(({ why }) => why === NO_COMPUTE_INSTANCE);
  if (undivided !== undefined) {
    return drift("BLOCKING", statement, `${NO_COMPUTE_INSTANCE} (${undivided.path}), so CUDA finds no GPU`);
  }
  const lacking = denied.filter(({ why }) => why === NOT_IN_CONTAINER).map(({ path }) => path);
  if (lacking.length > 0) {
    const because = `CUDA opens ${lacking.join(" and ")}, which this container was not given, so no CUDA program runs in it`;
    return drift("BLOCKING", statement, because);
  }
  const paths = denied.map((one) => `${one.path}${one.why ? ` (${one.why})` : ""}`).join(", ");
  return drift("ERROR", statement, `The component's user may not open ${paths}, which a GPU model needs`);
}

function sizeFinding(
  what: string,
  needed: number,
  found: number | null,
  why: string,
  places: Finding["evidence"],
): Finding {
  const enough = found !== null && found >= needed;
  const statement = {
    rule: "device.memory" as const,
    path: PATHS.target,
    expected: `${gigabytes(needed)} ${what}`,
    // No exact size, so that the fingerprint stays the same while the free space changes.
    actual: found === null ? null : `${enough ? "at least" : "less than"} ${gigabytes(needed)} ${what}`,
    evidence: places,
  };
  if (found === null) return unknown(statement, `The amount of ${what} is not known (${why})`, "INFO");
  const because = `A running model needs ${gigabytes(needed)} of ${what}, and this machine has ${gigabytes(found)}`;
  return enough ? match(statement, because) : drift("WARNING", statement, because);
}

function gigabytes(bytes: number): string {
  return `${(Math.floor(bytes / 1e8) / 10).toFixed(1)} GB`;
}
