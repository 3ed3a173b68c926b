import { parseFilter, parseTime } from "../address.js";
import { type ExportableList, exportableList, slicedPages } from "./exportable-list.js";
import { deviceJobList, jobThingList, rejudgedList, whatIfList } from "./judged-lists.js";
import type { RouteContext } from "./route-context.js";

/** The list that a path of the API names; null where it names none. */
export function listAt(context: RouteContext): ExportableList | null {
  const { segments, query, parts } = context;
  const { questions, alarms } = parts;
  const [first, second, third, fourth, ...more] = segments;
  if (first === "jobs" && fourth === "devices" && more.length === 0) return jobThingList(context);
  if (fourth !== undefined) return null;
  if (first === "devices" && third === "history" && second !== undefined) {
    return exportableList(
      (page) => questions.history(second, page, parseTime(query)),
      [
        ["at", ({ at }) => at],
        ["kind", ({ kind }) => kind],
        ["content", (item) => JSON.stringify(item)],
      ],
    );
  }
  if (first === "devices" && third === "jobs" && second !== undefined) return deviceJobList(context, second);
  if (first === "requests" && third === "answers" && second !== undefined) return answerList(questions, second);
  if (first === "what-if" && second === "pairs" && third === undefined) return whatIfList(context);
  if (first === "rejudged" && second === "differs" && third === undefined) return rejudgedList(context);
  if (first === "refused" && second === "messages" && third === undefined) return refusedMessageList(questions);
  if (second !== undefined) return null;
  switch (first) {
    case "devices":
      return deviceList(parts.questions, parseFilter(query));
    case "causes":
      return causeList(parts.questions, parseFilter(query));
    case "jobs":
      return jobList(parts.questions, parseTime(query));
    case "gaps":
      return exportableList(
        (page) => questions.gaps(page),
        [
          ["thing", ({ thing }) => thing],
          ["epoch", ({ epoch }) => epoch],
          ["from", ({ from }) => from],
          ["to", ({ to }) => to],
          ["heardAt", ({ heardAt }) => heardAt],
        ],
      );
    case "refused":
      return refusedList(questions);
    case "requests":
      return requestList(questions);
    case "alarms":
      return alarmList(alarms);
    case "silences":
      return silenceList(alarms);
    default:
      return null;
  }
}

type Questions = RouteContext["parts"]["questions"];

function answerList(questions: Questions, request: string): ExportableList {
  return exportableList(
    (page) => questions.answers(request, page),
    [
      ["thing", ({ thing }) => thing],
      ["status", ({ status }) => status],
      ["sentAt", ({ sentAt }) => sentAt],
      ["answeredAt", ({ answeredAt }) => answeredAt],
      ["answer", ({ answer }) => answer],
    ],
  );
}

function refusedList(questions: Questions): ExportableList {
  return exportableList(
    slicedPages(async () => (await questions.delivery()).refused),
    [
      ["reason", ({ reason }) => reason],
      ["count", ({ count }) => count],
      ["lastAt", ({ lastAt }) => lastAt],
      ["topic", ({ topic }) => topic],
      ["why", ({ why }) => why],
      ["sample", ({ sample }) => sample],
    ],
  );
}

function refusedMessageList(questions: Questions): ExportableList {
  return exportableList(
    (page) => questions.refused(page),
    [
      ["reason", ({ reason }) => reason],
      ["at", ({ at }) => at],
      ["thing", ({ thing }) => thing],
      ["topic", ({ topic }) => topic],
      ["why", ({ why }) => why],
      ["sample", ({ sample }) => sample],
    ],
  );
}

function alarmList(alarms: RouteContext["parts"]["alarms"]): ExportableList {
  return exportableList(
    slicedPages(() => alarms.alarms()),
    [
      ["id", ({ id }) => id],
      ["kind", ({ kind }) => kind],
      ["status", ({ status }) => status],
      ["severity", ({ severity }) => severity],
      ["title", ({ title }) => title],
      ["things", ({ things }) => things],
      ["most", ({ most }) => most],
      ["times", ({ times }) => times],
      ["firstAt", ({ firstAt }) => firstAt],
      ["lastAt", ({ lastAt }) => lastAt],
      ["clearedAt", ({ clearedAt }) => clearedAt],
      ["acknowledgedBy", ({ acknowledgedBy }) => acknowledgedBy],
      ["silencedUntil", ({ silencedUntil }) => silencedUntil],
    ],
  );
}

function silenceList(alarms: RouteContext["parts"]["alarms"]): ExportableList {
  return exportableList(
    slicedPages(() => alarms.silences()),
    [
      ["id", ({ id }) => id],
      ["matcher", ({ matcher }) => JSON.stringify(matcher)],
      ["reason", ({ reason }) => reason],
      ["madeBy", ({ madeBy }) => madeBy],
      ["madeAt", ({ madeAt }) => madeAt],
      ["endsAt", ({ endsAt }) => endsAt],
    ],
  );
}

function deviceList(questions: Questions, filter: ReturnType<typeof parseFilter>): ExportableList {
  return exportableList(
    (page) => questions.devices(filter, page),
    [
      ["thing", ({ thing }) => thing],
      ["state", ({ state }) => state],
      ["online", ({ online }) => online],
      ["heardAt", ({ heardAt }) => heardAt],
      ["drift", ({ drift }) => drift],
      ["runnable", ({ runnable }) => runnable],
      ["since", ({ since }) => since],
      ["jobs", ({ jobs }) => jobs],
      ["product", ({ product }) => product],
      ["jetpack", ({ jetpack }) => jetpack],
      ["arch", ({ arch }) => arch],
      ["rule", ({ worst }) => worst?.rule ?? null],
      ["expected", ({ worst }) => worst?.expected ?? null],
      ["actual", ({ worst }) => worst?.actual ?? null],
      ["severity", ({ worst }) => worst?.severity ?? null],
      ["cause", ({ worst }) => worst?.cause ?? null],
    ],
  );
}

function causeList(questions: Questions, filter: ReturnType<typeof parseFilter>): ExportableList {
  return exportableList(
    (page) => questions.causes(filter, page),
    [
      ["cause", ({ cause }) => cause],
      ["rule", ({ rule }) => rule],
      ["expected", ({ expected }) => expected],
      ["actual", ({ actual }) => actual],
      ["outcome", ({ outcome }) => outcome],
      ["severity", ({ severity }) => severity],
      ["things", ({ things }) => things],
      ["since", ({ since }) => since],
      ["last", ({ last }) => last],
      ["because", ({ because }) => because],
      ["remedy", ({ remedy }) => remedy.join("; ")],
      ["breaks", ({ breaks }) => breaks.join("; ")],
      ["first", ({ first }) => first.join(" ")],
    ],
  );
}

function jobList(questions: Questions, at: string | undefined): ExportableList {
  return exportableList(
    (page) => questions.jobs(page, at),
    [
      ["project", ({ project }) => project],
      ["job", ({ job }) => job],
      ["things", ({ things }) => things],
      ["willNotRun", ({ runnable }) => runnable.WILL_NOT_RUN],
      ["cannotTell", ({ runnable }) => runnable.CANNOT_TELL],
      ["runnableUntested", ({ runnable }) => runnable.RUNNABLE_UNTESTED],
      ["runnable", ({ runnable }) => runnable.RUNNABLE],
      ["drifted", ({ drift }) => drift.DRIFTED],
    ],
  );
}

function requestList(questions: Questions): ExportableList {
  return exportableList(
    (page) => questions.requests(page),
    [
      ["id", ({ id }) => id],
      ["command", ({ command }) => command],
      ["filter", ({ filter }) => JSON.stringify(filter)],
      ["askedBy", ({ askedBy }) => askedBy],
      ["askedAt", ({ askedAt }) => askedAt],
      ["asked", ({ asked }) => asked],
      ["answered", ({ answered }) => answered],
      ["failed", ({ failed }) => failed],
      ["silent", ({ silent }) => silent],
      ["waiting", ({ waiting }) => waiting],
    ],
  );
}
