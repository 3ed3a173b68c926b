import { type Html, html } from "../html.js";

/** The shapes by name, each on 16 × 16: a meaning is never shown by colour alone. */
export type Icon =
  | "wont"
  | "cannot"
  | "untested"
  | "runs"
  | "drifted"
  | "insync"
  | "fresh"
  | "late"
  | "silent"
  | "never"
  | "search"
  | "arrow"
  | "change"
  | "alarm";

/** An icon next to a text with the same meaning. */
export function icon(name: Icon): Html {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><use href="#i-${name}"/></svg>`;
}

/** What `icon` and the bars refer to; once in every page. */
export const SHAPES = html`<svg class="shapes" aria-hidden="true" focusable="false" width="0" height="0">
<defs>
<symbol id="i-wont" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.2" fill="currentColor"/><path d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" class="cut"/></symbol>
<symbol id="i-cannot" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.4" class="rim"/><path d="M6.1 6.2a1.95 1.95 0 1 1 2.8 1.8c-.6.3-.9.7-.9 1.3v.2M8 11.6v.1" class="line"/></symbol>
<symbol id="i-untested" viewBox="0 0 16 16"><path d="M8 1.2L15.4 14H.6z" fill="currentColor" stroke="currentColor" stroke-width="1.2" stroke-linejoin="round"/><path d="M8 6v3.6M8 11.8v.1" class="cut"/></symbol>
<symbol id="i-runs" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.2" fill="currentColor"/><path d="M4.8 8.2l2.3 2.3 4.2-4.6" class="cut"/></symbol>
<symbol id="i-drifted" viewBox="0 0 16 16"><path d="M8 .9L15.1 8 8 15.1.9 8z" fill="currentColor"/><path d="M5.4 6.7h5.2M5.4 9.3h5.2M9.4 5l-2.8 6" class="cut"/></symbol>
<symbol id="i-insync" viewBox="0 0 16 16"><rect x="1.4" y="1.4" width="13.2" height="13.2" rx="3" class="rim"/><path d="M5 6.5h6M5 9.5h6" class="line"/></symbol>
<symbol id="i-fresh" viewBox="0 0 16 16"><circle cx="8" cy="8" r="4.2" fill="currentColor"/></symbol>
<symbol id="i-late" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.2" class="rim"/><path d="M8 4.5V8l2.4 1.6" class="line"/></symbol>
<symbol id="i-silent" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.2" class="rim"/><path d="M3.8 12.2l8.4-8.4" class="line"/></symbol>
<symbol id="i-never" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.2" class="rim" stroke-dasharray="2.4 2.4"/></symbol>
<symbol id="i-search" viewBox="0 0 16 16"><circle cx="7" cy="7" r="4.6" class="rim"/><path d="M10.5 10.5L14 14" class="line"/></symbol>
<symbol id="i-arrow" viewBox="0 0 16 16"><path d="M3 8h10M9 4l4 4-4 4" class="line"/></symbol>
<symbol id="i-change" viewBox="0 0 16 16"><path d="M2.5 5.5h9.5M9 2.5l3 3-3 3M13.5 10.5H4M7 7.5l-3 3 3 3" class="line"/></symbol>
<symbol id="i-alarm" viewBox="0 0 16 16"><path d="M3 11.5h10c-1.2-1.2-1.4-2.4-1.4-4.6a3.6 3.6 0 0 0-7.2 0c0 2.2-.2 3.4-1.4 4.6zM6.6 13.6h2.8M8 3.2V1.8" class="line"/></symbol>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="6" class="ink"/></pattern>
<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><circle cx="3" cy="3" r="1.1" class="ink"/></pattern>
<pattern id="cross" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 3.5h7M3.5 0v7" class="inkline"/></pattern>
</defs></svg>`;
