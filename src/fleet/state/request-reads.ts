import { groupBy } from "../../base/group-by.js";
import { isObject, parseJson } from "../../base/json.js";
import type { Reader, Row } from "../store/database.js";
import { isUnstorable } from "./device-filter.js";
import type { RequestedAnswer } from "./doctor-answer.js";
import { keyOf, limitOf, pageOf, partsOf } from "./page-keys.js";
import { Parameters } from "./parameters.js";
import { numberIn, textIn, textOrNull } from "./row-values.js";
import type { DeviceFilter, Page, Paged, RequestAnswer, RequestView } from "./views.js";

/** The requests of people with their counts, newest first. */
export async function listRequests(reader: Reader, page: Page): Promise<Paged<RequestView>> {
  const limit = limitOf(page);
  const after = partsOf(page.after, ["", ""]);
  const parameters = new Parameters();
  const rest = after === null ? "" : ` WHERE (asked_at, id) < ${parameters.in(after)}`;
  const rows = await reader.all(
    `SELECT id, command, filter, asked_by, asked_at, things FROM request${rest} ORDER BY asked_at DESC, id DESC LIMIT ${limit + 1}`,
    parameters.values,
  );
  return pageOf(await requestViews(reader, rows), limit, ({ askedAt, id }) => keyOf(askedAt, id));
}

export async function oneRequest(reader: Reader, id: string): Promise<RequestView | null> {
  if (isUnstorable(id)) return null;
  const sql = "SELECT id, command, filter, asked_by, asked_at, things FROM request WHERE id = $1";
  const [row] = await reader.all(sql, [id]);
  const [view = null] = row === undefined ? [] : await requestViews(reader, [row]);
  return view;
}

/** The result of a request on each thing, by name. */
export async function answersTo(reader: Reader, id: string, page: Page): Promise<Paged<RequestAnswer>> {
  if (isUnstorable(id) || isUnstorable(page.after ?? "")) return { items: [], next: null };
  const limit = limitOf(page);
  const rows = await reader.all(
    `SELECT thing, status, sent_at, answered_at, answer FROM request_thing WHERE id = $1 AND thing > $2 ORDER BY thing LIMIT ${limit + 1}`,
    [id, page.after ?? ""],
  );
  const answers = rows.map(answerOf);
  return pageOf(answers, limit, ({ thing }) => thing);
}

/** The newest answer of a thing to one of the commands, up to an instant (ISO 8601) if one is given. */
export async function lastAnswer(
  reader: Reader,
  thing: string,
  command: string,
  until: string | null,
): Promise<RequestedAnswer | null> {
  if (isUnstorable(thing)) return null;
  const [row] = await reader.all(LAST_ANSWER, [thing, command, until ?? ENDLESS]);
  if (row === undefined) return null;
  const about = { request: textIn(row, "id"), askedBy: textIn(row, "asked_by"), askedAt: textIn(row, "asked_at") };
  return { ...answerOf(row), ...about };
}

/** After every instant, since the clocks of several receivers differ. */
const ENDLESS = "9999";
/** A row for each request of a person: there are few requests, and the thing in each is found by key. */
const LAST_ANSWER = `SELECT r.id, r.asked_by, r.asked_at, t.thing, t.status, t.sent_at, t.answered_at, t.answer
  FROM request r JOIN request_thing t ON t.id = r.id AND t.thing = $1
  WHERE r.command = $2 AND t.answered_at <= $3 ORDER BY r.asked_at DESC, r.id DESC LIMIT 1`;

function answerOf(row: Row): RequestAnswer {
  return {
    thing: textIn(row, "thing"),
    status: statusIn(textIn(row, "status")),
    sentAt: textOrNull(row, "sent_at"),
    answeredAt: textOrNull(row, "answered_at"),
    answer: textOrNull(row, "answer"),
  };
}

/** Requests with the counts of their results. */
async function requestViews(reader: Reader, requests: readonly Row[]): Promise<readonly RequestView[]> {
  if (requests.length === 0) return [];
  const parameters = new Parameters();
  const ids = parameters.in(requests.map((row) => textIn(row, "id")));
  const counts = groupBy(
    await reader.all(
      `SELECT id, status, count(*) AS things FROM request_thing WHERE id IN ${ids} GROUP BY id, status`,
      parameters.values,
    ),
    (row) => textIn(row, "id"),
  );
  return requests.map((row) => requestView(row, counts.get(textIn(row, "id")) ?? []));
}

function requestView(row: Row, counted: readonly Row[]): RequestView {
  const counts = new Map(counted.map((one) => [textIn(one, "status"), numberIn(one, "things")]));
  const count = (status: RequestAnswer["status"]) => counts.get(status) ?? 0;
  return {
    id: textIn(row, "id"),
    command: textIn(row, "command"),
    filter: filterIn(textIn(row, "filter")),
    askedBy: textIn(row, "asked_by"),
    askedAt: textIn(row, "asked_at"),
    asked: numberIn(row, "things"),
    answered: count("DONE"),
    failed: count("FAILED") + count("REFUSED"),
    silent: count("SILENT"),
    waiting: count("WAITING"),
  };
}

const STATUSES = ["WAITING", "DONE", "FAILED", "REFUSED", "SILENT"] as const;

function statusIn(text: string): RequestAnswer["status"] {
  return STATUSES.find((one) => one === text) ?? "WAITING";
}

/** Parses the filter, which this program wrote as JSON. */
function filterIn(text: string): DeviceFilter {
  const value = parseJson(text);
  return isObject(value) ? value : {};
}
