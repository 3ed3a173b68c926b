import type { Report } from "./report.js";

/** Puts split reports together. */
export interface Parts {
  /** The whole report once its last part is here, else null. Parts may come in any order and more than once. */
  add(message: Report): Report | null;
  /** How many reports lack parts. */
  readonly open: number;
}

/** Remembers the parts of the newest reports, `most` of them at a time. */
export function joinParts(most = 100): Parts {
  const open = new Map<string, Map<number, Report>>();
  return {
    add(message) {
      if (message.kind === "HEARTBEAT" || message.part === undefined) return message;
      const { part, ...head } = message;
      // Split anew (another maxMessageBytes after a restart), a report has other parts.
      const key = JSON.stringify([message.thing, message.id, part.of]);
      const known = open.get(key) ?? new Map<number, Report>();
      open.set(key, known.set(part.index, message));
      if (open.size > most) open.delete(open.keys().next().value ?? "");
      if (known.size < part.of) return null;
      open.delete(key);
      const inOrder = [...known.entries()].sort(([a], [b]) => a - b).map(([, each]) => each);
      const cut = inOrder.some((each) => each.kind === "COMPLETE" && each.cut === true);
      const { cut: _cut, ...whole } = head;
      return { ...whole, findings: inOrder.flatMap((each) => each.findings), ...(cut ? { cut: true as const } : {}) };
    },
    get open() {
      return open.size;
    },
  };
}
