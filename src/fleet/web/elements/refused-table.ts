import type { RefusedMessage } from "../../state/refused-message.js";
import { devicePath } from "../address.js";
import { type Html, html } from "../html.js";
import { timeAgo } from "./marks.js";

/** A page shows only the beginning of each, since it has many; the API has everything that is stored. */
const SHOWN = 160;

/** The last messages that were refused for one reason: their things, when they came and how they begin. */
export function refusedTable(messages: readonly RefusedMessage[], nowMs: number): Html | null {
  if (messages.length === 0) return null;
  return html`<details><summary>The last ${messages.length === 1 ? "one" : messages.length}</summary><table class="rows" role="table"><caption class="hidden">Refused messages, the newest first</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Device</th><th role="columnheader" scope="col">When</th><th role="columnheader" scope="col">Topic</th><th role="columnheader" scope="col">Why</th><th role="columnheader" scope="col">Begins with</th></tr></thead><tbody role="rowgroup">${messages.map((message) => row(message, nowMs))}</tbody></table></details>`;
}

function row({ thing, known, at, topic, why, sample }: RefusedMessage, nowMs: number): Html {
  const device =
    thing === null
      ? html`<span class="nothing">not known</span>`
      : known
        ? html`<a href="${devicePath(thing)}"><bdi>${thing}</bdi></a>`
        : html`<bdi>${thing}</bdi>`;
  return html`<tr role="row"><th role="rowheader" scope="row" class="name">${device}</th><td role="cell">${timeAgo(at, nowMs)}</td><td role="cell"><code>${topic}</code></td><td role="cell"><bdi>${why}</bdi></td><td role="cell"><code>${beginning(sample)}</code></td></tr>`;
}

function beginning(sample: string): string {
  const characters = [...sample.slice(0, 2 * SHOWN)];
  return characters.length > SHOWN ? `${characters.slice(0, SHOWN).join("")}…` : characters.join("");
}
