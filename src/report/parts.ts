import type { Report } from "./report.js";

/** Puts split reports together. */
export interface Parts {
  /** The whole report once its last part is here, else null. Parts may come in any order and more than once. */
  add(message: Report): Report | null;
}

/** Remembers the parts of the newest reports, `most` of them at a time. */
export function joinParts(most = 100): Parts {
  const open = new Map<string, Map<number, Report>>();
  return {
    add(message) {
      if (message.kind === "HEARTBEAT" || message.part === undefined) return message;
      const { part, ...head } = message;
      const known = open.get(message.id) ?? new Map<number, Report>();
      open.set(message.id, known.set(part.index, message));
      if (open.size > most) open.delete(open.keys().next().value ?? "");
      if (known.size < part.of) return null;
      open.delete(message.id);
      const inOrder = [...known.entries()].sort(([a], [b]) => a - b);
      return { ...head, findings: inOrder.flatMap(([, each]) => each.findings) };
    },
  };
}
