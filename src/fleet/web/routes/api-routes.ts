import { oneOfWords } from "../../../base/did-you-mean.js";
import { InvalidInputError } from "../../../base/errors.js";
import { isObject, JsonShapeError, parseJson } from "../../../base/json.js";
import type { ServedReply } from "../../../platform/http-server.js";
import type { StreamedReply } from "../../../platform/http-stream.js";
import type { WhatIfChange } from "../../state/judged-views.js";
import type { DeviceFilter, GapView } from "../../state/views.js";
import { jobIn, parseFilter, parsePage, parseTime } from "../address.js";
import { COMMANDS, type DeviceCommand } from "../ports.js";
import { fileReply, jsonReply } from "../replies.js";
import { listAt } from "./api-lists.js";
import { exported } from "./exportable-list.js";
import type { RouteContext } from "./route-context.js";
import { CHANGES, changeOf } from "./what-if-change.js";

/** Answers a GET below /api; null if there is no such route. `context.segments` begin after `api`. */
export async function apiGet(context: RouteContext): Promise<ServedReply | StreamedReply | null> {
  const last = context.segments.at(-1) ?? "";
  const format = /\.(csv|ndjson)$/.exec(last)?.[1];
  if (format === "csv" || format === "ndjson") {
    const segments = [...context.segments.slice(0, -1), last.slice(0, -format.length - 1)];
    const list = listAt({ ...context, segments });
    if (list !== null) {
      const type = format === "csv" ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson; charset=utf-8";
      const after = parsePage(context.query).after;
      return fileReply(type, `packdrift-${segments.at(-1)}.${format}`, exported(list, format, after));
    }
  }
  const list = listAt(context);
  if (list !== null) return jsonReply(200, await list.read(parsePage(context.query)));
  const value = await single(context);
  return value === null ? null : jsonReply(200, value);
}

async function single({ segments, query, parts, costly }: RouteContext): Promise<object | null> {
  const { questions } = parts;
  const [first, second, third, fourth, fifth] = segments;
  const at = parseTime(query);
  const { project, job } = jobIn(segments);
  switch (`${first}/${segments.length}`) {
    case "summary/1":
      return questions.summary(at);
    case "delivery/1":
      return questions.delivery();
    case "receiver/1":
      return parts.receiver();
    case "rejudged/1":
      return costly(() => questions.rejudge(parseFilter(query)));
    case "devices/2":
      return questions.device(second ?? "", at);
    case "devices/3":
      return third === "doctor" ? questions.doctor(second ?? "", at) : null;
    case "devices/5":
      return third === "reports" ? questions.report(second ?? "", fourth ?? "", Number(fifth) || 0) : null;
    case "causes/2":
      return questions.cause(second ?? "", at);
    case "jobs/3":
      return costly(() => questions.job(project, job, at));
    case "requests/2":
      return questions.request(second ?? "");
    default:
      return null;
  }
}

/** Answers a POST below /api; null if there is no such route. */
export async function apiPost(context: RouteContext, text: string): Promise<ServedReply | null> {
  const { segments, parts, visit, costly } = context;
  const [first, second, third] = segments;
  const by = visit.person.name;
  const body = bodyOf(text);
  switch (segments.length === 3 ? `${first}/*/${third}` : segments.join("/")) {
    case "what-if": {
      const change = changeIn(body.change);
      return jsonReply(200, await costly(() => parts.questions.whatIf(change, filterIn(body.filter))));
    }
    case "judge":
      return jsonReply(200, await costly(() => parts.questions.judge(body)));
    case "requests": {
      const { id } = await parts.actions.ask(commandOf(body.command), filterIn(body.filter), by);
      return jsonReply(202, await parts.questions.request(id), { location: `/api/requests/${encodeURIComponent(id)}` });
    }
    case "gaps/give-up": {
      await submitGiveUp(context, body);
      return jsonReply(200, { givenUp: true });
    }
    case "alarms/*/acknowledge": {
      await parts.alarms.acknowledgeAlarm(second ?? "", by);
      return jsonReply(200, { acknowledged: true });
    }
    case "silences":
      return jsonReply(
        201,
        await parts.alarms.silence(
          { matcher: body.matcher, reason: String(body.reason ?? ""), endsAt: String(body.endsAt ?? "") },
          by,
        ),
      );
    case "silences/*/end": {
      await parts.alarms.unsilence(second ?? "");
      return jsonReply(200, { ended: true });
    }
    default:
      return null;
  }
}

/** Which of them only read, so that the role `view` is enough. */
export function isReading(segments: readonly string[]): boolean {
  return ["what-if", "judge"].includes(segments.join("/"));
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = text === "" ? {} : parseJson(text);
  } catch (cause) {
    const why = cause instanceof JsonShapeError ? cause.message : "it is not valid JSON";
    throw new InvalidInputError(`Cannot read the request: ${why}`, { cause });
  }
  if (!isObject(value)) throw new InvalidInputError("Cannot read the request: it must be a JSON object");
  return value;
}

export function commandOf(value: unknown): DeviceCommand {
  const command = COMMANDS.find((each) => each === value);
  if (command === undefined)
    throw new InvalidInputError(`Cannot use "command": must be ${oneOfWords(COMMANDS, value)}`);
  return command;
}

/** The members of a filter in JSON. */
export const FILTER_KEYS = ["drift", "runnable", "rule", "job", "q", "state", "cause", "thing"];

/** A filter in JSON, by the rules of the one in addresses. */
function filterIn(value: unknown): DeviceFilter {
  if (value === undefined) return {};
  if (!isObject(value)) throw new InvalidInputError('Cannot use "filter": must be an object');
  const unknown = Object.keys(value).find((key) => !FILTER_KEYS.includes(key));
  // A misspelt filter would select every device.
  if (unknown !== undefined)
    throw new InvalidInputError(`Cannot use "filter": "${unknown}" is not ${oneOfWords(FILTER_KEYS, unknown)}`);
  const query = new URLSearchParams();
  for (const [key, each] of Object.entries(value)) {
    // An empty one would select every device.
    if (typeof each !== "string" || each.trim() === "")
      throw new InvalidInputError(`Cannot use "filter": "${key}" must be a string that is not empty`);
    query.set(key, each);
  }
  return parseFilter(query);
}

function changeIn(value: unknown): WhatIfChange {
  if (!isObject(value)) throw new InvalidInputError(`Cannot use "change": must be an object of ${CHANGES.join(", ")}`);
  const unknown = Object.keys(value).find((name) => !CHANGES.some((one) => one === name));
  // A misspelt change would be ignored.
  if (unknown !== undefined)
    throw new InvalidInputError(`Cannot use "change": "${unknown}" is not ${oneOfWords(CHANGES, unknown)}`);
  const query = new URLSearchParams();
  for (const [name, each] of Object.entries(value)) query.set(name, String(each));
  return changeOf(query);
}

/** Gives up exactly the gap that the person saw. Throws InvalidInputError. */
export async function submitGiveUp(
  { parts, visit }: RouteContext,
  value: Readonly<Record<string, unknown>>,
): Promise<void> {
  await parts.actions.giveUp(gapOf(value), visit.person.name);
}

function gapOf(value: Readonly<Record<string, unknown>>): Omit<GapView, "heardAt"> {
  const [from, to] = [Number(value.from), Number(value.to)];
  const [thing, epoch] = [value.thing, value.epoch];
  if (
    typeof thing !== "string" ||
    typeof epoch !== "string" ||
    !Number.isSafeInteger(from) ||
    !Number.isSafeInteger(to)
  ) {
    throw new InvalidInputError("Cannot give up a gap: needs thing, epoch, from and to");
  }
  return { thing, epoch, from, to };
}
