import { InvalidInputError } from "../../../base/errors.js";
import { JsonShapeError, parseJson } from "../../../base/json.js";
import type { ServedReply } from "../../../platform/http-server.js";
import { parseFilter } from "../address.js";
import type { PageContent } from "../layout.js";
import { jobPage } from "../pages/jobs-page.js";
import { goTo } from "../replies.js";
import { commandOf, submitGiveUp } from "./api-routes.js";
import type { RouteContext } from "./route-context.js";

/** Executes a page's form; resolves to a page or a redirect, null if there is no such form. */
export async function submit(context: RouteContext, form: URLSearchParams): Promise<ServedReply | PageContent | null> {
  const { segments, parts, visit } = context;
  const [first, second, third, fourth] = segments;
  const by = visit.person.name;
  const back = form.get("back") ?? "/";
  switch (`${first}/${segments.length}`) {
    case "requests/1":
      await parts.actions.ask(commandOf(form.get("command")), parseFilter(form), by);
      return goTo(back);
    case "delivery/2":
      if (second !== "give-up") return null;
      await submitGiveUp(context, {
        ...Object.fromEntries(form),
        from: Number(form.get("from")),
        to: Number(form.get("to")),
      });
      return goTo(back);
    case "jobs/2":
      return second === "try" ? tryJob(context, form) : null;
    case "alarms/3":
      return alarmAction(context, second ?? "", third ?? "", form);
    case "alarms/4":
      if (second !== "silences" || fourth !== "end") return null;
      await parts.alarms.unsilence(third ?? "");
      return goTo("/alarms");
    default:
      return null;
  }
}

/** Forms that only read. */
export function isReadingForm(segments: readonly string[]): boolean {
  return segments.join("/") === "jobs/try";
}

async function tryJob({ parts, visit, costly }: RouteContext, form: URLSearchParams): Promise<PageContent> {
  const text = [form.get("file"), form.get("description")]
    .map((each) => each?.trim() ?? "")
    .find((each) => each !== "");
  if (text === undefined) throw new InvalidInputError("Cannot try a job: paste its description or choose its file");
  let description: unknown;
  try {
    description = parseJson(text);
  } catch (cause) {
    const why = cause instanceof JsonShapeError ? cause.message : "it is not JSON";
    throw new InvalidInputError(`Cannot read the description: ${why}`, { cause });
  }
  return jobPage(await costly(() => parts.questions.judge(description)), visit, text);
}

async function alarmAction(
  { parts, visit }: RouteContext,
  id: string,
  action: string,
  form: URLSearchParams,
): Promise<ServedReply | null> {
  const by = visit.person.name;
  if (action === "acknowledge") {
    await parts.alarms.acknowledgeAlarm(id, by);
    return goTo("/alarms");
  }
  if (action !== "silence") return null;
  const hours = Number(form.get("hours"));
  if (!(hours > 0 && hours <= 8_760))
    throw new InvalidInputError("Cannot silence an alarm: needs hours from 1 to 8,760");
  const endsAt = new Date(visit.nowMs + hours * 3_600_000).toISOString();
  await parts.alarms.silenceAlarm(id, endsAt, form.get("reason") ?? "", by);
  return goTo("/alarms");
}
