import type { Finding } from "../drift/finding.js";
import type { CompleteReport, Report } from "./report.js";

/**
 * Encodes a report as messages: JSON of at most `maxBytes` UTF-8 bytes each, and each a report in itself. All have the
 * same head, the findings are spread over them in order, and `part` numbers them. Joined, they give the original
 * report, unless it is marked `cut`: then the texts of the head, or of findings too long for a message of their own,
 * were shortened.
 */
export function encodeReport(report: Report, maxBytes: number): readonly string[] {
  const whole = JSON.stringify(report);
  if (report.kind === "HEARTBEAT" || bytesOf(whole) <= maxBytes) return [whole];
  const head = fittedHead(report, maxBytes);
  const room = maxBytes - bytesOf(JSON.stringify({ ...head, findings: [], cut: true, part: { index: 999, of: 999 } }));
  const fitted = report.findings.map((finding) => shrink(finding, room));
  const cut = fitted.some((finding, at) => finding !== report.findings[at]) ? { cut: true } : {};
  const groups = deal(fitted, room);
  return groups.map((findings, at) =>
    JSON.stringify({ ...head, findings, ...cut, part: { index: at + 1, of: groups.length } }),
  );
}

/** The UTF-8 length of a text. */
export function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Splits findings, in order, into groups of at most `room` bytes of JSON; at least one group. */
function deal(findings: readonly Finding[], room: number): readonly (readonly Finding[])[] {
  const groups: Finding[][] = [[]];
  let used = 0;
  for (const finding of findings) {
    const size = bytesOf(JSON.stringify(finding)) + 1;
    const group = groups[groups.length - 1] ?? [];
    if (used + size > room && group.length > 0) {
      groups.push([finding]);
      used = size;
    } else {
      group.push(finding);
      used += size;
    }
  }
  return groups;
}

/** Shortens a finding to `room` bytes of JSON: drops its evidence first, then cuts its texts shorter and shorter. */
function shrink(finding: Finding, room: number): Finding {
  const fits = (candidate: Finding) => bytesOf(JSON.stringify(candidate)) + 1 <= room;
  if (fits(finding)) return finding;
  const bare: Finding = { ...finding, evidence: [{ from: "packdrift", value: "evidence left out: message too long" }] };
  if (fits(bare)) return bare;
  const { rule, fingerprint } = finding;
  const cut = TEXT_BYTES.map((most) => ({ ...cutTexts(bare, most), rule, fingerprint })).find(fits);
  return cut ?? { ...cutTexts({ ...bare, remedy: [], evidence: [] }, 40), rule, fingerprint };
}

/** The head, with its texts cut until half of the message is left for findings. What receivers act on is never cut. */
function fittedHead(report: CompleteReport, maxBytes: number): CompleteReport {
  const { schema, id, thing, epoch, checkedAt, matches, gaps, clock, previous, signature } = report;
  const fields = { gaps, clock, previous, signature };
  const kept = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const heads = TEXT_BYTES.map((most): CompleteReport => {
    const short = cutTexts({ ...report, findings: [] }, most);
    return { ...short, schema, id, thing, epoch, checkedAt, matches, ...kept, findings: [], cut: true };
  });
  const roomy = [{ ...report, findings: [] }, ...heads].find((head) => bytesOf(JSON.stringify(head)) <= maxBytes / 2);
  return roomy ?? (heads[heads.length - 1] as CompleteReport);
}

/** The lengths to which texts are cut, one after the other, when a message is too long. */
const TEXT_BYTES = [1_024, 400, 200, 100, 64, 40];

/** A copy with every text cut to `most` bytes of JSON and every list to 8 items. */
function cutTexts<T>(value: T, most: number): T {
  if (typeof value === "string") return shorten(value, most) as T;
  if (Array.isArray(value)) return value.slice(0, 8).map((item) => cutTexts(item, most)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutTexts(inner, most)])) as T;
}

/** Cuts a text to `most` bytes of JSON, its quotes included; a cut text ends in an ellipsis. */
export function shorten(text: string, most: number): string {
  const size = (candidate: string) => bytesOf(JSON.stringify(candidate));
  if (size(text) <= most) return text;
  let end = Math.min(text.length, most);
  while (end > 0 && size(`${text.slice(0, end)}…`) > most) end = Math.floor(end * 0.8);
  return `${text.slice(0, end)}…`;
}
