import { knowsPast, link } from "./address.js";
import { icon, SHAPES } from "./elements/icons.js";
import { type Html, html } from "./html.js";
import { atInstant, formatNumber } from "./page-text.js";
import type { Visit } from "./visit.js";

/** The content between header and footer. */
export interface PageContent {
  readonly title: string;
  /** The entry of the navigation that it belongs to. */
  readonly section: string;
  readonly main: Html;
}

const SECTIONS: readonly (readonly [path: string, name: string])[] = [
  ["/", "Overview"],
  ["/devices", "Devices"],
  ["/causes", "Causes"],
  ["/jobs", "Jobs"],
  ["/what-if", "What if"],
  ["/requests", "Requests"],
  ["/alarms", "Alarms"],
  ["/delivery", "Delivery"],
];

/** A whole document. */
export function layout(
  { title, section, main }: PageContent,
  visit: Visit,
  assets: { script: string; style: string },
): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · packdrift fleet</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style}">
<script src="${assets.script}" defer></script>
</head>
<body${visit.at === undefined && !visit.isStranger ? html` data-follow="/api/events?since=${visit.seen}"` : null}>
${SHAPES}
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="${link("/", { at: visit.at })}"><svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><rect x="2" y="2" width="14" height="14" rx="3.5" class="back"/><rect x="8" y="8" width="14" height="14" rx="3.5" class="front"/></svg>packdrift <span>fleet</span></a>
${visit.isStranger ? null : navigation(section, visit)}
</header>
${past(visit)}
<main id="main" tabindex="-1">
${main}
</main>
<footer class="bottom"><p>Times are UTC. packdrift ${visit.version} <a href="/api/summary">API</a></p>${
    visit.hasLogin
      ? html`<form method="post" action="/logout"><button class="plain">Log out ${visit.person.name}</button></form>`
      : null
  }</footer>
</body>
</html>
`;
}

function navigation(section: string, visit: Visit): Html {
  return html`<nav aria-label="Pages"><ul>${SECTIONS.map(
    ([path, name]) =>
      html`<li><a href="${link(path, { at: knowsPast(path) ? visit.at : undefined })}"${path === section ? html` aria-current="page"` : null}>${name}${
        path === "/alarms" && visit.activeAlarms > 0
          ? html` <span class="badge">${formatNumber(visit.activeAlarms)}<span class="hidden"> active</span></span>`
          : null
      }</a></li>`,
  )}</ul></nav>
<form class="find" role="search" action="/devices"><label class="hidden" for="find">Find a device</label>${icon("search")}<input id="find" type="search" name="q" placeholder="Find a device" maxlength="200" autocomplete="off" spellcheck="false"></form>`;
}

function past({ at, nowMs, path, query }: Visit): Html | null {
  if (at === undefined) return null;
  const rest = new URLSearchParams(query);
  rest.delete("at");
  return html`<div class="past" role="status">${icon("late")}<span>The fleet as it was <b>${atInstant(at, nowMs)} UTC</b></span><a href="${link(path, Object.fromEntries(rest))}">Back to now</a></div>`;
}
