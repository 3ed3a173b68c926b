import type { ServedReply } from "../../../platform/http-server.js";
import type { PageContent } from "../layout.js";
import { loginPage } from "../pages/other-pages.js";
import { goTo } from "../replies.js";
import { COOKIE } from "./admission.js";
import { type People, sessionOf } from "./people.js";

/** Starts a browser session for a valid token; shows the form again for any other. */
export function logIn(
  people: People,
  form: URLSearchParams,
  { nowMs, isTls }: { readonly nowMs: number; readonly isTls: boolean },
): ServedReply | PageContent {
  const back = form.get("back") ?? "/";
  const person = people.byToken((form.get("token") ?? "").trim());
  const session = person === null ? null : sessionOf(people, person.name, nowMs);
  if (session === null) return loginPage("This token is not valid.", back);
  return goTo(back, { "set-cookie": cookie(session, 30 * 86_400, isTls) });
}

export function logOut(isTls: boolean): ServedReply {
  return goTo("/login", { "set-cookie": cookie("", 0, isTls) });
}

function cookie(value: string, seconds: number, isTls: boolean): string {
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${isTls ? "; Secure" : ""}`;
}
