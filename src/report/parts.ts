import type { Finding } from "../drift/finding.js";
import type { CompleteReport, Report } from "./report.js";
import { sealedText } from "./seal.js";

/** The result of joining a message with the parts before it. */
type Joined =
  /** A report that was not split, or that this part completes. */
  | { readonly kind: "whole"; readonly report: Report }
  /** Other parts are missing. */
  | { readonly kind: "part" }
  /** It contradicts a part that is stored: one of them was changed, so both are forgotten. */
  | { readonly kind: "conflict" };

/** Joins split reports. */
interface Parts {
  /** Adds a report or a part. Parts may come in any order and more than once. */
  join(message: Report): Joined;
  /** The whole report if this was the last part that was missing; otherwise null. */
  add(message: Report): Report | null;
}

interface Open {
  /** What all parts have in common. */
  readonly head: string;
  /** JSON of each part's findings: takes less memory than the objects, and a known amount. */
  readonly findings: Map<number, string>;
}

type Part = CompleteReport & { readonly part: NonNullable<CompleteReport["part"]> };

/** Stores the parts of the newest reports: of `most` reports at a time, in at most `mostBytes` of memory. */
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
  };
}

/** The result of joining a set of reports and parts. */
interface JoinedAll {
  readonly reports: readonly Report[];
  /** One part of each incomplete report, unless a whole copy of it has all the findings of its parts. */
  readonly incomplete: readonly Part[];
  /** One part of each report whose parts contradict each other. */
  readonly conflicts: readonly Part[];
}

/** Joins the parts among messages, in any order. */
export function joinAll(messages: readonly Report[]): JoinedAll {
  const reports = messages.filter((message) => !isPart(message));
  const groups = new Map<string, [Part, ...Part[]]>();
  for (const part of messages.filter(isPart)) {
    const group = groups.get(keyOf(part));
    if (group === undefined) groups.set(keyOf(part), [part]);
    else group.push(part);
  }
  const lacking: [Part, ...Part[]][] = [];
  const conflicts: Part[] = [];
  for (const group of groups.values()) {
    const [first] = group;
    const byIndex = new Map(group.map((each) => [each.part.index, each]));
    const differs = (each: Part) => textOf(each.findings) !== textOf(byIndex.get(each.part.index)?.findings ?? []);
    if (new Set(group.map(headText)).size > 1 || group.some(differs)) conflicts.push(first);
    else if (byIndex.size < first.part.of) lacking.push(group);
    else {
      const inOrder = [...byIndex.values()].sort((a, b) => a.part.index - b.part.index);
      reports.push(
        whole(
          first,
          inOrder.flatMap(({ findings }) => findings),
        ),
      );
    }
  }
  const copies = copiesOf(reports, lacking);
  const isWholeElsewhere = (group: readonly [Part, ...Part[]]) => {
    const texts = group.flatMap(findingTexts);
    return (copies.get(unsignedHead(group[0])) ?? []).some((copy) => texts.every((one) => copy.has(one)));
  };
  const incomplete = lacking.filter((group) => !isWholeElsewhere(group)).map(([first]) => first);
  return { reports, incomplete, conflicts };
}

/** How many whole copies of one report are compared with its parts. */
const MOST_COPIES = 20;

/**
 * The findings of those whole reports of which there are incomplete parts too, by their head. Comparing all with all
 * would take quadratic time.
 */
function copiesOf(
  reports: readonly Report[],
  lacking: readonly (readonly [Part, ...Part[]])[],
): ReadonlyMap<string, readonly ReadonlySet<string>[]> {
  const names = new Set(lacking.map(([first]) => nameOf(first)));
  const copies = new Map<string, ReadonlySet<string>[]>();
  for (const report of reports) {
    if (!names.has(nameOf(report))) continue;
    const head = unsignedHead(report);
    const known = copies.get(head) ?? [];
    if (known.length < MOST_COPIES) copies.set(head, [...known, new Set(findingTexts(report))]);
  }
  return copies;
}

function nameOf({ thing, id }: Report): string {
  return JSON.stringify([thing, id]);
}

function findingTexts({ findings }: Report): string[] {
  return findings.map((finding) => textOf([finding]));
}

/** The most memory that a text takes: two bytes a character, and its header. */
export function bytesInMemory(text: string): number {
  return 2 * text.length + 100;
}

function isPart(report: Report): report is Part {
  return report.kind === "COMPLETE" && report.part !== undefined;
}

/** Equal for the parts of one split. A report split again, with another maxMessageBytes after a restart, has other parts. */
function keyOf({ thing, id, part }: Part): string {
  return JSON.stringify([thing, id, part.of]);
}

/** The report of a part, with these findings. */
function whole({ part: _part, ...head }: Part, findings: readonly Finding[]): CompleteReport {
  return { ...head, findings };
}

/** Everything in a part but its findings: the same text for all parts of a report. */
function headText(part: Part): string {
  return `${unsignedHead(part)} ${part.signature ?? ""}`;
}

/** Like `headText`, for a report or a part, without the signature. */
function unsignedHead(report: Report): string {
  return sealedText(isPart(report) ? whole(report, []) : ({ ...report, findings: [] } as Report));
}

function isSame(one: string, other: string): boolean {
  return one === other || textOf(JSON.parse(one)) === textOf(JSON.parse(other));
}

/** A text that does not depend on the order of keys, which a store of JSON may have changed. */
function textOf(findings: readonly Finding[]): string {
  return sealedText({ findings } as CompleteReport);
}
