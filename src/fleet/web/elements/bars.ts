import type { TrendPoint } from "../../state/views.js";
import { type Html, html } from "../html.js";
import { formatNumber, pluralize } from "../page-text.js";
import { icon } from "./icons.js";
import type { MarkStyle } from "./marks.js";

/** A share of a whole. */
interface Share {
  readonly name: string;
  readonly style: MarkStyle;
  readonly count: number;
  /** Where its devices are listed. */
  readonly href: string;
}

/** The least width at which a share is visible. */
const LEAST_PERCENT = 0.8;

/** A bar of shares with a legend of their numbers, each linked to its devices. */
export function shareBar(title: string, shares: readonly Share[]): Html {
  const whole = shares.reduce((sum, { count }) => sum + count, 0);
  const label = shares.map(({ name, count }) => `${formatNumber(count)} ${name}`).join(", ");
  return html`<figure class="shares"><figcaption>${title}</figcaption>
<svg class="bar" role="img" aria-label="${title}: ${label}" width="100%" height="20">${whole === 0 ? html`<rect class="empty" width="100%" height="20" rx="4"/>` : segments(shares, whole)}</svg>
<ul class="legend">${shares.map(
    (share) =>
      html`<li class="${share.count === 0 ? "none" : share.style.tone}"><a href="${share.href}">${icon(share.style.icon)}<b>${formatNumber(share.count)}</b> ${share.name}</a></li>`,
  )}</ul></figure>`;
}

function segments(shares: readonly Share[], whole: number): readonly Html[] {
  const shown = shares.filter(({ count }) => count > 0);
  const widths = shown.map(({ count }) => Math.max(LEAST_PERCENT, (100 * count) / whole));
  const scale = 100 / widths.reduce((sum, width) => sum + width, 0);
  let left = 0;
  return shown.map(({ style }, at) => {
    const width = (widths[at] ?? 0) * scale;
    const [x, w] = [left.toFixed(2), Math.max(0.2, width - (at === shown.length - 1 ? 0 : 0.25)).toFixed(2)];
    left += width;
    const pattern = PATTERNS[style.tone];
    return html`<rect class="fill ${style.tone}" x="${x}%" width="${w}%" height="20"/>${
      pattern === null ? null : html`<rect fill="url(#${pattern})" x="${x}%" width="${w}%" height="20"/>`
    }`;
  });
}

const PATTERNS: Readonly<Record<MarkStyle["tone"], string | null>> = {
  bad: null,
  warn: "dots",
  unsure: "hatch",
  quiet: "cross",
  good: null,
};

const [WIDTH, HEIGHT] = [600, 96];

/** How many devices had models that would not run, over time. */
export function trendChart(points: readonly TrendPoint[]): Html | null {
  if (points.length < 2) return null;
  const most = Math.max(1, ...points.map(({ wontRun, drifted }) => Math.max(wontRun, drifted)));
  const first = points[0];
  const last = points[points.length - 1];
  const wont = lineOf(points.map(({ wontRun }) => wontRun / most));
  const drifted = lineOf(points.map((point) => point.drifted / most));
  const label = `Devices that will not run: ${first?.wontRun} at first, ${last?.wontRun} at the end, at most ${Math.max(...points.map(({ wontRun }) => wontRun))}`;
  return html`<svg class="trend" role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" width="100%" height="${HEIGHT}">
<path class="drifted" d="M${drifted}"/><path class="area" d="M0 ${HEIGHT} L${wont} L${WIDTH} ${HEIGHT} Z"/><path class="wont" d="M${wont}"/></svg>
<p class="scale"><span>at most ${pluralize(most, "device")}</span><span class="key"><i class="key-wont"></i>will not run</span><span class="key"><i class="key-drifted"></i>drifted</span></p>`;
}

/** Points of a line; values from 0 to 1. */
function lineOf(values: readonly number[]): string {
  const step = WIDTH / (values.length - 1);
  return values
    .map((each, at) => `${(at * step).toFixed(1)} ${(HEIGHT - 2 - each * (HEIGHT - 6)).toFixed(1)}`)
    .join(" L");
}

/** The progress of something, in parts of a whole. */
export function progressBar(
  parts: readonly (readonly [tone: MarkStyle["tone"], count: number])[],
  whole: number,
): Html {
  let left = 0;
  return html`<svg class="bar slim" aria-hidden="true" focusable="false" width="100%" height="8"><rect class="empty" width="100%" height="8"/>${parts.map(
    ([tone, count]) => {
      const width = whole === 0 ? 0 : (100 * count) / whole;
      const rect = html`<rect class="fill ${tone}" x="${left.toFixed(2)}%" width="${width.toFixed(2)}%" height="8"/>`;
      left += width;
      return count === 0 ? null : rect;
    },
  )}</svg>`;
}
