import type { JobRef } from "../../job/job-names.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import { brokenConstraints } from "../api/constraints.js";
import { contradictions, omissions } from "./consistency.js";
import { digestOf, type Note, type StoredJob } from "./stored-job.js";

/**
 * DAMAGED: the file holds no job. ALTERED: changed since it was imported. CONSTRAINT: violates the service's model.
 * INCONSISTENT: contradicts itself or another job. NOTE: worth knowing, not a fault.
 */
type DiscoveryKind = "DAMAGED" | "ALTERED" | "CONSTRAINT" | "INCONSISTENT" | "NOTE";

/** One thing found about a job. */
export interface Discovery {
  readonly project: string;
  readonly job: string;
  readonly kind: DiscoveryKind;
  readonly message: string;
}

/** What is wrong with a description by itself. */
interface DescriptionFault {
  readonly kind: "CONSTRAINT" | "INCONSISTENT";
  readonly message: string;
}

/**
 * Everything wrong with a description by itself: broken constraints, then contradictions, then what is missing. What a
 * reconstruction lacks because its source does not say it is not a fault.
 */
export function faultsIn(description: ModelPackagingDescription, reconstructed: boolean): readonly DescriptionFault[] {
  const broken = brokenConstraints(description).map(({ path, found, needed }): DescriptionFault => {
    return { kind: "CONSTRAINT", message: `${path} must be ${needed}, is ${found}` };
  });
  const inconsistent = [...contradictions(description), ...(reconstructed ? [] : omissions(description))];
  return [...broken, ...inconsistent.map((message): DescriptionFault => ({ kind: "INCONSISTENT", message }))];
}

/** Verifies one job after the other; remembers which component each of them made, and nothing else. */
export function verifier(sha256: (text: string) => string) {
  const makers = new Map<string, { readonly name: string; readonly reconstructed: boolean }>();

  return {
    damaged({ project, job }: JobRef, message: string): Discovery {
      return { project, job, kind: "DAMAGED", message };
    },
    verify(ref: JobRef, stored: StoredJob): readonly Discovery[] {
      const { description, note, changes } = stored;
      const found: Omit<Discovery, keyof JobRef>[] = [...digestFaults(stored, sha256)];
      for (const change of changes) found.push({ kind: "CONSTRAINT", message: change });
      for (const fault of faultsIn(description, note?.reconstructed ?? false)) found.push(...unlessNoted(fault, note));
      found.push(...madeTwice(ref, stored));
      if (note?.reconstructed) {
        found.push({
          kind: "NOTE",
          message: `reconstructed (${note.origin.toLowerCase()}): ${note.guessed.join("; ")}`,
        });
      }
      return found.map((one) => ({ ...ref, ...one }));
    },
  };

  /** A component version is made once. A reconstruction may well describe a component whose job is stored too. */
  function madeTwice({ project, job }: JobRef, { description, note }: StoredJob): Omit<Discovery, keyof JobRef>[] {
    const made = description.ModelPackagingOutputDetails?.Greengrass;
    if (made?.ComponentName === undefined || made.ComponentVersion === undefined) return [];
    const component = `${made.ComponentName} ${made.ComponentVersion}`;
    const reconstructed = note?.reconstructed ?? false;
    const other = makers.get(component);
    if (other === undefined) makers.set(component, { name: `${project}/${job}`, reconstructed });
    if (other === undefined) return [];
    if (reconstructed || other.reconstructed) {
      return [{ kind: "NOTE", message: `describes the same component as ${other.name}: ${component}` }];
    }
    return [
      { kind: "INCONSISTENT", message: `made ${component}, as ${other.name} did: a component version is made once` },
    ];
  }
}

function digestFaults(
  { description, note }: StoredJob,
  sha256: (text: string) => string,
): Omit<Discovery, keyof JobRef>[] {
  if (note === null) return [{ kind: "NOTE", message: "has no digest: it was not imported (archive import adds one)" }];
  if (note.digest === digestOf(description, sha256)) return [];
  const from = JSON.stringify(note.from);
  return [{ kind: "ALTERED", message: `was changed since it was imported from ${from}: its digest differs` }];
}

/** Faults noted at import are not reported again: they were in the imported file, so the archive has not changed. */
function unlessNoted({ kind, message }: DescriptionFault, note: Note | null): Omit<Discovery, keyof JobRef>[] {
  if (!note?.guessed.includes(message)) return [{ kind, message }];
  return note.reconstructed ? [] : [{ kind: "NOTE", message: `${message} (so it was imported)` }];
}
