import type { Finding } from "../drift/finding.js";
import type { CompleteReport, Report } from "./report.js";
import { sealedText } from "./seal.js";

/** What came of a message. */
export type Joined =
  /** A report that was not split, or whose last part this is. */
  | { readonly kind: "whole"; readonly report: Report }
  /** Others of its parts are not here. */
  | { readonly kind: "part" }
  /** It says other than a part that is here: one of them was changed, so neither is kept. */
  | { readonly kind: "conflict" };

/** Puts split reports together. */
export interface Parts {
  /** Takes a report or a part. Parts may come in any order and more than once. */
  join(message: Report): Joined;
  /** The whole report once its last part is here, else null. */
  add(message: Report): Report | null;
  /** How many reports lack parts. */
  readonly open: number;
}

interface Open {
  /** What all parts share. */
  readonly head: string;
  /** JSON of each part's findings: as a text it takes as much memory as it says. */
  readonly findings: Map<number, string>;
}

export type Part = CompleteReport & { readonly part: NonNullable<CompleteReport["part"]> };

/** Remembers the parts of the newest reports: of `most` of them at a time, and of as few as `mostBytes` has room for. */
export function joinParts(most = 100, mostBytes = 32 * 2 ** 20): Parts {
  const open = new Map<string, Open>();
  let bytes = 0;

  function join(message: Report): Joined {
    if (!isPart(message)) return { kind: "whole", report: message };
    const { index, of } = message.part;
    const key = keyOf(message);
    const head = headText(message);
    const text = JSON.stringify(message.findings);
    const known = open.get(key) ?? { head, findings: new Map<number, string>() };
    const before = known.findings.get(index);
    if (known.head !== head || (before !== undefined && !isSame(before, text))) {
      forget(key);
      return { kind: "conflict" };
    }
    if (before === undefined) {
      bytes += bytesInMemory(text) + (known.findings.size === 0 ? bytesInMemory(head) : 0);
      open.set(key, { ...known, findings: known.findings.set(index, text) });
    }
    if (known.findings.size === of) {
      forget(key);
      const inOrder = [...known.findings].sort(([a], [b]) => a - b);
      return {
        kind: "whole",
        report: whole(
          message,
          inOrder.flatMap(([, each]) => JSON.parse(each) as Finding[]),
        ),
      };
    }
    for (const oldest of open.keys()) {
      if (open.size <= most && bytes <= mostBytes) break;
      forget(oldest);
    }
    return { kind: "part" };
  }

  function forget(key: string): void {
    const gone = open.get(key);
    if (gone === undefined) return;
    open.delete(key);
    bytes -= bytesInMemory(gone.head);
    for (const text of gone.findings.values()) bytes -= bytesInMemory(text);
  }

  return {
    join,
    add(message) {
      const joined = join(message);
      return joined.kind === "whole" ? joined.report : null;
    },
    get open() {
      return open.size;
    },
  };
}

/** The most that a text takes: two bytes a character, and something for itself. */
export function bytesInMemory(text: string): number {
  return 2 * text.length + 100;
}

export function isPart(report: Report): report is Part {
  return report.kind === "COMPLETE" && report.part !== undefined;
}

/** The same for parts that belong together. Split anew (another maxMessageBytes after a restart), a report has other parts. */
export function keyOf({ thing, id, part }: Part): string {
  return JSON.stringify([thing, id, part.of]);
}

/** The report of which a part tells, with these findings. */
export function whole({ part: _part, ...head }: Part, findings: readonly Finding[]): CompleteReport {
  return { ...head, findings };
}

/** What a part says besides its findings, in a form that is the same for all parts of a report. */
export function headText(part: Part): string {
  return `${sealedText(whole(part, []))} ${part.signature ?? ""}`;
}

function isSame(one: string, other: string): boolean {
  return one === other || sorted(one) === sorted(other);
}

/** A store of JSON may have put keys into another order. */
function sorted(findings: string): string {
  return sealedText({ findings: JSON.parse(findings) as readonly Finding[] } as CompleteReport);
}
