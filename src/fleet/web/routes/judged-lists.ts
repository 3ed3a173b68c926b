import type { Page } from "../../state/views.js";
import { jobIn, parseFilter, parseJobThings } from "../address.js";
import { type ExportableList, exportableList, slicedPages } from "./exportable-list.js";
import type { RouteContext } from "./route-context.js";
import { changeOf } from "./what-if-change.js";

/** Which of the described jobs a device can run. */
export function deviceJobList({ parts: { questions }, costly }: RouteContext, thing: string): ExportableList {
  return exportableList(
    async (page) => (await costly(() => questions.jobsOn(thing, page), isContinued(page))) ?? { items: [], next: null },
    [
      ["project", ({ project }) => project],
      ["job", ({ job }) => job],
      ["runnable", ({ runnable }) => runnable],
      ["rule", ({ rule }) => rule],
      ["expected", ({ expected }) => expected],
      ["actual", ({ actual }) => actual],
      ["because", ({ because }) => because],
      ["change", ({ change }) => change],
    ],
  );
}

/** Which devices can run a job. */
export function jobThingList({ segments, query, parts: { questions }, costly }: RouteContext): ExportableList {
  const [{ project, job }, wanted] = [jobIn(segments), parseJobThings(query)];
  const read = async (page: Page) =>
    (await questions.jobThings(project, job, wanted, page)) ?? { items: [], next: null };
  return exportableList(
    (page) => costly(() => read(page), isContinued(page)),
    [
      ["thing", ({ thing }) => thing],
      ["outcome", ({ outcome }) => outcome],
      ["change", ({ change }) => change],
    ],
  );
}

export function whatIfList({ query, parts: { questions }, costly }: RouteContext): ExportableList {
  const [change, filter] = [changeOf(query), parseFilter(query)];
  return exportableList(
    (page) => costly(() => questions.whatIfPairs(change, filter, page), isContinued(page)),
    [
      ["thing", ({ thing }) => thing],
      ["project", ({ project }) => project],
      ["job", ({ job }) => job],
      ["outcome", ({ outcome }) => outcome],
    ],
  );
}

export function rejudgedList({ query, parts: { questions }, costly }: RouteContext): ExportableList {
  const filter = parseFilter(query);
  return exportableList(
    slicedPages(async () => (await costly(() => questions.rejudge(filter))).differs),
    [
      ["project", ({ project }) => project],
      ["job", ({ job }) => job],
      ["reported", ({ reported }) => reported],
      ["judged", ({ judged }) => judged],
      ["rule", ({ rule }) => rule],
      ["things", ({ things }) => things],
      ["first", ({ first }) => first.join(" ")],
    ],
  );
}

const isContinued = (page: Page) => page.after !== undefined;
