import type { JobRef } from "../../job/job-names.js";
import { brokenConstraints } from "../api/constraints.js";
import { contradictions } from "./consistency.js";
import { digestOf, type KeptJob } from "./kept.js";

/**
 * DAMAGED: no job in the file. ALTERED: not what was imported. CONSTRAINT: against the service's model. INCONSISTENT:
 * contradicts itself or another job. NOTE: worth knowing, no fault.
 */
export type Kind = "DAMAGED" | "ALTERED" | "CONSTRAINT" | "INCONSISTENT" | "NOTE";

/** One thing found about a job. */
export interface Discovery {
  readonly project: string;
  readonly job: string;
  readonly kind: Kind;
  readonly message: string;
}

/** Looks at one job after the other; remembers which component each made, and nothing else of them. */
export function verifier(sha256: (text: string) => string) {
  const makers = new Map<string, string>();
  return {
    damaged({ project, job }: JobRef, message: string): Discovery {
      return { project, job, kind: "DAMAGED", message };
    },
    verify(ref: JobRef, { description, note, changes }: KeptJob): readonly Discovery[] {
      const found: Discovery[] = [];
      const tell = (kind: Kind, message: string) => found.push({ ...ref, kind, message });
      if (note === null) tell("NOTE", "has no digest: it was not imported (archive import adds one)");
      else if (note.digest !== digestOf(description, sha256)) {
        tell("ALTERED", `its digest is not that of the import from ${JSON.stringify(note.from)}: changed since then`);
      }
      for (const change of changes) tell("CONSTRAINT", change);
      for (const { path, found: value, needed } of brokenConstraints(description)) {
        tell("CONSTRAINT", `${path} must be ${needed}, is ${value}`);
      }
      for (const sentence of contradictions(description)) tell("INCONSISTENT", sentence);
      const made = description.ModelPackagingOutputDetails?.Greengrass;
      if (made?.ComponentName !== undefined && made.ComponentVersion !== undefined) {
        const component = `${made.ComponentName} ${made.ComponentVersion}`;
        const other = makers.get(component);
        const same = `${ref.project}/${ref.job}`;
        if (other === undefined) makers.set(component, same);
        else tell("INCONSISTENT", `says that it made ${component}, as ${other} does: a component version is made once`);
      }
      if (note?.reconstructed) tell("NOTE", `reconstructed (${note.origin.toLowerCase()}): ${note.guessed.join("; ")}`);
      return found;
    },
  };
}
