import { html } from "../html.js";
import type { PageContent } from "../layout.js";

/** What went wrong, and where to go on. */
export function errorPage(status: number, message: string): PageContent {
  const title = TITLES[status] ?? (status >= 500 ? "Something failed here" : "That cannot be done");
  const main = html`<section class="empty-state first"><h1>${title}</h1><p role="alert">${message}</p><p><a href="/">Go to the overview</a></p></section>`;
  return { title, section: "", main };
}

const TITLES: Readonly<Record<number, string>> = {
  400: "That cannot be read",
  403: "You may not do that",
  404: "There is no such page",
  405: "That is not how this page is asked",
  413: "That is too large",
  429: "Too many requests",
};

/** Where people show their token. */
export function loginPage(problem: string | null, back: string): PageContent {
  const main = html`<section class="login"><h1>Log in</h1>
<form method="post" action="/login"><input type="hidden" name="back" value="${back}"><label>Your token<input type="password" name="token" required maxlength="512" autocomplete="current-password" autofocus></label>${
    problem === null ? null : html`<p class="problem" role="alert">${problem}</p>`
  }<button class="main">Log in</button></form>
<p class="note">Tokens stand in the file given as <code>--tokens</code>.</p></section>`;
  return { title: "Log in", section: "", main };
}
