import { html } from "../html.js";
import type { PageContent } from "../layout.js";

/** What went wrong, and where to go next. */
export function errorPage(status: number, message: string): PageContent {
  const title = TITLES[status] ?? (status >= 500 ? "Something went wrong" : "The request was refused");
  const main = html`<section class="empty-state first"><h1>${title}</h1><p role="alert">${message}</p><p><a href="/">Go to the overview</a></p></section>`;
  return { title, section: "", main };
}

const TITLES: Readonly<Record<number, string>> = {
  400: "The request cannot be read",
  403: "You are not allowed to do that",
  404: "There is no such page",
  405: "Method not allowed",
  413: "The request is too large",
  429: "Too many requests",
};

/** The form where people enter their token. */
export function loginPage(problem: string | null, back: string): PageContent {
  const main = html`<section class="login"><h1>Log in</h1>
<form method="post" action="/login"><input type="hidden" name="back" value="${back}"><label>Your token<input type="password" name="token" required maxlength="512" autocomplete="current-password" autofocus></label>${
    problem === null ? null : html`<p class="problem" role="alert">${problem}</p>`
  }<button class="main">Log in</button></form>
<p class="note">Tokens are in the file given with <code>--tokens</code>.</p></section>`;
  return { title: "Log in", section: "", main };
}
