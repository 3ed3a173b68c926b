import { createHash } from "node:crypto";
import { clientOf } from "../../base/client-address.js";
import { ExpectedError, messageOf } from "../../base/errors.js";
import { type RateLimit, rateLimit } from "../../base/rate-limit.js";
import { withTimeLimit } from "../../base/time-limit.js";
import type { ServedReply, ServedRequest } from "../../platform/http-server.js";
import type { StreamedReply } from "../../platform/http-stream.js";
import { StoreError } from "../store/migrate.js";
import { type AdmissionRules, admit } from "./access/admission.js";
import { logIn, logOut } from "./access/login.js";
import { isOurHost, isSameOrigin } from "./access/origin.js";
import type { Person } from "./access/people.js";
import { knowsPast, parseTime, segmentsOf, timeRedirect } from "./address.js";
import { type LiveEvents, liveEvents } from "./events.js";
import { FAVICON } from "./favicon.js";
import { decodeBody, parseForm } from "./forms.js";
import { layout, type PageContent } from "./layout.js";
import { errorPage, loginPage } from "./pages/other-pages.js";
import type { PageParts } from "./ports.js";
import { eventsReply, goTo, htmlReply, jsonReply, textReply } from "./replies.js";
import { apiGet, apiPost, isReading } from "./routes/api-routes.js";
import { isReadingForm, submit } from "./routes/form-routes.js";
import { pageAt } from "./routes/page-routes.js";
import { BusyError, type ConcurrencyLimit, concurrencyLimit, type RouteContext } from "./routes/route-context.js";
import type { Visit } from "./visit.js";

/** Who has access, and by which names of this server. */
interface PageRules extends AdmissionRules {
  /** Names of this server besides addresses and localhost; null: any. */
  readonly hosts: readonly string[] | null;
  /** Whether browsers reach it over TLS, so that cookies need it too. */
  readonly isTls: boolean;
}

type Reply = ServedReply | StreamedReply;

interface FleetPages {
  handle(request: ServedRequest): Promise<Reply>;
  close(): void;
}

const ANSWER_MS = 30_000;
/** A store that does not answer within this time counts as failed. */
const HEALTH_MS = 5_000;
const RATE = { perSecond: 50, burst: 200, mostClients: 10_000 };

/** A refused request: its status and why. */
class Refusal extends ExpectedError {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The fleet's pages and API as a handler of requests. */
export function fleetPages(parts: PageParts, rules: PageRules): FleetPages {
  const events = liveEvents(parts.changes);
  const limit = rateLimit(RATE, () => parts.now());
  const assets = assetsOf(parts);
  const site: Site = { parts, rules, limit, assets, costly: concurrencyLimit(2), events };
  return {
    handle: (request) => handle(site, request),
    close: () => events.close(),
  };
}

interface Site {
  readonly parts: PageParts;
  readonly rules: PageRules;
  readonly limit: RateLimit;
  readonly assets: {
    readonly script: string;
    readonly style: string;
    readonly files: ReadonlyMap<string, ServedReply>;
  };
  readonly costly: ConcurrencyLimit;
  readonly events: LiveEvents;
}

/** The files that browsers load, under names that change with their content. */
function assetsOf({ assets: { script, style } }: PageParts): Site["assets"] {
  const path = (text: string, ending: string) =>
    `/assets/${createHash("sha256").update(text).digest("hex").slice(0, 12)}.${ending}`;
  const forever = { "cache-control": "public, max-age=31536000, immutable" };
  const [scriptPath, stylePath] = [path(script, "js"), path(style, "css")];
  return {
    script: scriptPath,
    style: stylePath,
    files: new Map([
      [scriptPath, textReply(200, "text/javascript; charset=utf-8", script, forever)],
      [stylePath, textReply(200, "text/css; charset=utf-8", style, forever)],
      ["/favicon.svg", textReply(200, "image/svg+xml", FAVICON, { "cache-control": "public, max-age=86400" })],
    ]),
  };
}

async function handle(site: Site, request: ServedRequest): Promise<Reply> {
  const [path = "/", ...rest] = request.url.split("?");
  const query = new URLSearchParams(rest.join("?"));
  const isApi = path.startsWith("/api/") || path === "/metrics";
  let visit = nobodyAt(site, path, query);
  try {
    checkRate(site, request);
    // Load balancers call it by IP address.
    if (path === "/healthz") return await health(site);
    checkHost(site, request);
    const asset = site.assets.files.get(path);
    if (asset !== undefined) return asset;
    if (!["GET", "HEAD", "POST"].includes(request.method))
      throw new Refusal(405, "Only GET and POST are answered", { allow: "GET, HEAD, POST" });
    const login = await logInOrOut(site, request, path);
    if (login !== null) return "status" in login ? login : page(site, visit, login, 401);
    const person = await admit(site.rules, request);
    if (person === null) throw new Refusal(401, "Log in to see this", { "www-authenticate": "Bearer" });
    visit = await visitOf(site, visit, person, query);
    const answering = isApi ? api(site, request, visit) : pages(site, request, visit);
    return await withTimeLimit(answering, ANSWER_MS, () => new Refusal(503, "The answer took too long: try again"));
  } catch (error) {
    return failed(site, visit, error, request, isApi);
  }
}

function nobodyAt({ parts, rules, events }: Site, path: string, query: URLSearchParams): Visit {
  return {
    person: { name: "", role: "view" },
    nowMs: parts.now(),
    path,
    query,
    at: undefined,
    activeAlarms: 0,
    seen: events.seen(),
    hasLogin: false,
    version: parts.version,
    isStranger: rules.tokens !== null || rules.trusted !== null,
  };
}

async function visitOf({ parts, rules }: Site, visit: Visit, person: Person, query: URLSearchParams): Promise<Visit> {
  const active = await parts.alarms.alarms({ status: "ACTIVE" });
  return {
    ...visit,
    person,
    at: knowsPast(visit.path) ? parseTime(query) : undefined,
    activeAlarms: active.length,
    hasLogin: rules.tokens !== null,
    isStranger: false,
  };
}

async function health({ parts }: Site): Promise<ServedReply> {
  const late = () => new Refusal(503, "The store does not answer");
  const isHealthy = await withTimeLimit(parts.isHealthy(), HEALTH_MS, late).catch(() => false);
  return textReply(isHealthy ? 200 : 503, "text/plain; charset=utf-8", isHealthy ? "ok\n" : "not well\n");
}

function checkHost({ rules }: Site, { headers }: ServedRequest): void {
  if (!isOurHost(headers.host, rules.hosts)) {
    throw new Refusal(421, "This server is not known by that name: use its address, or start it with --host-name");
  }
}

function checkRate({ rules, limit }: Site, { remoteAddress, headers }: ServedRequest): void {
  // Behind a proxy all requests come from one address.
  const name = rules.trusted?.isFrom(remoteAddress) ? headers[rules.trusted.header] : undefined;
  const wait = limit(name === undefined ? clientOf(remoteAddress) : `person ${name.slice(0, 128)}`);
  if (wait > 0) throw new Refusal(429, "Too many requests: slow down", { "retry-after": String(wait) });
}

async function logInOrOut(
  { rules }: Site,
  request: ServedRequest,
  path: string,
): Promise<ServedReply | PageContent | null> {
  if (rules.tokens === null || (path !== "/login" && path !== "/logout")) return null;
  if (request.method !== "POST") return path === "/login" ? loginPage(null, "/") : goTo("/");
  if (!isSameOrigin(request.headers)) throw new Refusal(403, "This form was not sent by a page of this server");
  if (path === "/logout") return logOut(rules.isTls);
  return logIn(await rules.tokens.current(), formOf(request), { nowMs: rules.now(), isTls: rules.isTls });
}

function formOf({ headers, content }: ServedRequest): URLSearchParams {
  if (content === null) throw new Refusal(413, "The request body is too long");
  return parseForm(headers["content-type"], content ?? new Uint8Array());
}

async function api(site: Site, request: ServedRequest, visit: Visit): Promise<Reply> {
  const { parts } = site;
  if (visit.path === "/metrics") {
    if (parts.metrics === null) throw new Refusal(404, "This server has no metrics");
    return textReply(200, "text/plain; version=0.0.4; charset=utf-8", await parts.metrics());
  }
  if (visit.path === "/api/events") {
    const stream = site.events.open(visit.query.get("since"));
    if (stream === null) throw new Refusal(503, "Too many pages receive live updates already", { "retry-after": "30" });
    return eventsReply(stream);
  }
  const context = contextOf(site, visit, 1);
  if (request.method !== "POST") return found(await apiGet(context));
  checkChange(request, visit, isReading(context.segments));
  if (request.content === null) throw new Refusal(413, "The request body is too long");
  return found(await apiPost(context, decodeBody(request.content ?? new Uint8Array())));
}

async function pages(site: Site, request: ServedRequest, visit: Visit): Promise<Reply> {
  const context = contextOf(site, visit, 0);
  if (request.method === "POST") {
    checkChange(request, visit, isReadingForm(context.segments));
    const done = found(await submit(context, formOf(request)));
    return "main" in done ? page(site, visit, done) : done;
  }
  const moved = timeRedirect(visit.path, visit.query, visit.nowMs);
  if (moved !== null) return goTo(moved);
  const content = found(await pageAt(context));
  // A page that follows changes fetches itself and needs no frame.
  if (request.headers["x-fragments"] === "1") return htmlReply(200, content.main);
  return page(site, visit, content);
}

function contextOf({ parts, costly }: Site, visit: Visit, from: number): RouteContext {
  const segments = segmentsOf(visit.path);
  if (segments === null) throw new Refusal(400, "Cannot read the address");
  return { segments: segments.slice(from), query: visit.query, visit, parts, costly };
}

/** Changes need the role, and must come from our own pages. */
function checkChange({ headers }: ServedRequest, { person }: Visit, onlyReads: boolean): void {
  if (!isSameOrigin(headers)) throw new Refusal(403, "This was not sent by a page of this server");
  if (person.role !== "ask" && !onlyReads)
    throw new Refusal(403, `"${person.name}" may only view: this needs the role "ask"`);
}

function found<T>(value: T | null): T {
  if (value === null) throw new Refusal(404, "There is nothing at this address, or no longer");
  return value;
}

function page({ assets }: Site, visit: Visit, content: PageContent, status = 200, headers = {}): ServedReply {
  return htmlReply(status, layout(content, visit, assets), headers);
}

function failed(site: Site, visit: Visit, error: unknown, request: ServedRequest, isApi: boolean): ServedReply {
  const { status, message, headers } = problemOf(error);
  if (status >= 500) site.parts.onError(error, request.url);
  if (isApi) return jsonReply(status, { error: { status, message } }, headers);
  if (status === 401) return page(site, visit, loginPage(null, pageOf(request)), 401);
  return page(site, visit, errorPage(status, `${message}.`), status, headers);
}

/** The page to return to after a login: after a form, the page that it was on. */
function pageOf({ method, url, headers: { referer = "" } }: ServedRequest): string {
  if (method !== "POST") return url;
  const from = URL.canParse(referer) ? new URL(referer) : null;
  return from === null ? "/" : from.pathname + from.search;
}

/** Sent in place of the store's own message, which may name addresses. */
const NO_STORE = "The store cannot be used now: the log of the fleet says why";

function problemOf(error: unknown): { status: number; message: string; headers: Readonly<Record<string, string>> } {
  if (error instanceof Refusal) return error;
  if (error instanceof BusyError) return { status: 503, message: error.message, headers: { "retry-after": "2" } };
  if (error instanceof StoreError) return { status: 503, message: NO_STORE, headers: { "retry-after": "5" } };
  if (error instanceof ExpectedError) return { status: 400, message: messageOf(error), headers: {} };
  // The details of a bug go to the log, not to the client.
  return { status: 500, message: "The request failed: the fleet's log says why", headers: {} };
}
