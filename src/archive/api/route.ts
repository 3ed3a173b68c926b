import { JOB_NAME_RULE, type NameRule, PROJECT_NAME_RULE } from "../../job/job-names.js";
import { type Fault, type Violation, validationFault } from "./faults.js";

/** The operation that a request names; names are as in the path, still percent-encoded and unchecked. */
export type Route =
  | { readonly operation: "DescribeModelPackagingJob"; readonly project: string; readonly job: string }
  | { readonly operation: "ListModelPackagingJobs"; readonly project: string; readonly query: string }
  | { readonly operation: "StartModelPackagingJob"; readonly project: string };

/** The operation for a method and a URL; null when the service has none. */
export function routeOf(method: string, url: string): Route | null {
  const mark = url.indexOf("?");
  const match = ROUTE.exec(mark < 0 ? url : url.slice(0, mark));
  if (match === null) return null;
  const project = match[1] ?? "";
  const job = match[2];
  if (method === "GET") {
    if (job !== undefined) return { operation: "DescribeModelPackagingJob", project, job };
    return { operation: "ListModelPackagingJobs", project, query: mark < 0 ? "" : url.slice(mark + 1) };
  }
  return method === "POST" && job === undefined ? { operation: "StartModelPackagingJob", project } : null;
}

const ROUTE = /^\/2020-11-20\/projects\/([^/]*)\/modelpackagingjobs(?:\/([^/]*))?$/;

/** A value within the constraints of the service's model, or the fault to answer with. */
export type Checked<T> = { readonly good: T } | { readonly fault: Fault };

/** The names of a Describe request, decoded once and checked. */
export function checkedNames(project: string, job: string): Checked<{ project: string; job: string }> {
  const [projectName, first] = checkedName("projectName", project, PROJECT_NAME_RULE);
  const [jobName, second] = checkedName("jobName", job, JOB_NAME_RULE);
  const violations = [...first, ...second];
  if (violations.length > 0) return { fault: validationFault(violations) };
  return { good: { project: projectName, job: jobName } };
}

/** The checked members of a List request. */
export interface ListInput {
  readonly project: string;
  /** 1 to 100. */
  readonly count: number;
  /** Checked for its characters only; null for the first page. */
  readonly token: string | null;
}

/** The members of a List request, decoded once and checked. */
export function checkedList(project: string, query: string): Checked<ListInput> {
  const [projectName, found] = checkedName("projectName", project, PROJECT_NAME_RULE);
  const violations = [...found];
  const parameters = new URLSearchParams(query);
  const limit = parameters.get("maxResults") ?? String(MOST_RESULTS);
  const count = /^-?\d{1,9}$/.test(limit) ? Number(limit) : Number.NaN;
  const token = parameters.get("nextToken") ?? "";
  const violate = (member: string, value: string, rule: string) => violations.push({ member, value, rule });
  if (Number.isNaN(count)) violate("maxResults", limit, "Member must be an integer");
  if (count < 1) violate("maxResults", limit, "Member must have value greater than or equal to 1");
  if (count > MOST_RESULTS)
    violate("maxResults", limit, `Member must have value less than or equal to ${MOST_RESULTS}`);
  if (token.length > LONGEST_TOKEN) {
    violate("nextToken", token, `Member must have length less than or equal to ${LONGEST_TOKEN}`);
  } else if (!TOKEN.test(token)) {
    violate("nextToken", token, `Member must satisfy regular expression pattern: ${TOKEN_WRITTEN}`);
  }
  if (violations.length > 0) return { fault: validationFault(violations) };
  return { good: { project: projectName, count, token: token === "" ? null : token } };
}

const MOST_RESULTS = 100;
const LONGEST_TOKEN = 2048;
const TOKEN = /^[a-zA-Z0-9/+=]*$/;
const TOKEN_WRITTEN = "^[a-zA-Z0-9\\/\\+\\=]{0,2048}$";

function checkedName(member: string, segment: string, rule: NameRule): readonly [string, readonly Violation[]] {
  const value = decoded(segment);
  const broken = value === null ? "Member must be percent-encoded UTF-8" : brokenRule(value, rule);
  return [value ?? "", broken === null ? [] : [{ member, value: value ?? segment, rule: broken }]];
}

function brokenRule(value: string, rule: NameRule): string | null {
  if (value.length < rule.min) return `Member must have length greater than or equal to ${rule.min}`;
  if (value.length > rule.max) return `Member must have length less than or equal to ${rule.max}`;
  return rule.pattern.test(value) ? null : `Member must satisfy regular expression pattern: ${rule.written}`;
}

function decoded(segment: string): string | null {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
