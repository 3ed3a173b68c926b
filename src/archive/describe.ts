import { JOB_NAME, type NameRule, PROJECT_NAME } from "../job/names.js";
import {
  type ListAnswer,
  METADATA_MEMBERS,
  type ModelPackagingDescription,
  type ModelPackagingJobMetadata,
} from "../job/wire.js";
import { type Fault, faultReply, goodReply, type HttpReply, validationFault } from "./faults.js";

/** A request as it stands on the wire. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, still percent-encoded. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The kept jobs; names have been checked when these are called. */
export interface ArchivedJobs {
  /** Null when the project has no such job. */
  find(project: string, job: string): Promise<ModelPackagingDescription | null>;
  /**
   * At most `limit` jobs of a project in the order of their names, those after `after` alone (null: from the first).
   * Null when there is no such project.
   */
  list(project: string, after: string | null, limit: number): Promise<readonly ModelPackagingDescription[] | null>;
}

/** What answering needs besides the request. */
export interface Archive {
  readonly jobs: ArchivedJobs;
  /** Another for each request: a UUID. */
  newRequestId(): string;
  /** A keyed hash as base64: what this archive did not seal, it does not take as a token. */
  seal(text: string): string;
}

/** Answers DescribeModelPackagingJob and ListModelPackagingJobs as the service did. Throws only what `jobs` throws. */
export async function answerRequest(request: HttpRequest, archive: Archive): Promise<HttpReply> {
  const requestId = archive.newRequestId();
  const answered = await route(request, archive);
  return "fault" in answered ? faultReply(answered.fault, requestId) : goodReply(answered.good, requestId);
}

type Answered = { readonly good: unknown } | { readonly fault: Fault };

const ROUTE = /^\/2020-11-20\/projects\/([^/]*)\/modelpackagingjobs(?:\/([^/]*))?$/;
const LONGEST_URL = 4096;

async function route({ method, url }: HttpRequest, archive: Archive): Promise<Answered> {
  const [path = "", query = ""] = url.length > LONGEST_URL ? [] : splitAt(url, "?");
  const match = ROUTE.exec(path);
  if (match === null) return refuse("UnknownOperationException", "Unknown operation");
  if (method === "POST" && match[2] === undefined) {
    return refuse("AccessDeniedException", "This archive is read-only: no model packaging job can be started");
  }
  if (method !== "GET") return refuse("UnknownOperationException", "Unknown operation");
  const project = decoded(match[1] ?? "");
  if (project === null) return malformed("projectName", match[1] ?? "");
  const fault = brokenRule("projectName", project, PROJECT_NAME);
  if (match[2] === undefined) return fault === null ? list(project, query, archive) : { fault };
  const job = decoded(match[2]);
  if (job === null) return malformed("jobName", match[2]);
  const second = fault ?? brokenRule("jobName", job, JOB_NAME);
  return second === null ? describe(project, job, archive.jobs) : { fault: second };
}

async function describe(project: string, job: string, jobs: ArchivedJobs): Promise<Answered> {
  const found = await jobs.find(project, job);
  if (found !== null) return { good: { ModelPackagingDescription: found } };
  if ((await jobs.list(project, null, 1)) === null) return noProject(project);
  const message = `The model packaging job ${job} could not be found in project ${project}`;
  return { fault: { name: "ResourceNotFoundException", message, resource: { type: "MODEL_PACKAGE_JOB", id: job } } };
}

const MOST_RESULTS = 100;

async function list(project: string, query: string, archive: Archive): Promise<Answered> {
  const asked = new URLSearchParams(query);
  const limit = asked.get("maxResults") ?? String(MOST_RESULTS);
  const count = /^\d{1,9}$/.test(limit) ? Number(limit) : -1;
  if (count < 1)
    return { fault: validationFault("maxResults", limit, "Member must have value greater than or equal to 1") };
  if (count > MOST_RESULTS) {
    return {
      fault: validationFault("maxResults", limit, `Member must have value less than or equal to ${MOST_RESULTS}`),
    };
  }
  const token = asked.get("nextToken");
  const after = token === null || token === "" ? null : openToken(token, project, archive);
  if (after === undefined) return refuse("ValidationException", "The pagination token is not valid");
  // One more than asked tells whether there is a next page.
  const found = await archive.jobs.list(project, after, count + 1);
  if (found === null) return noProject(project);
  const page = found.slice(0, count);
  const last = page.at(-1)?.JobName;
  const more = found.length > count && last !== undefined;
  const good: ListAnswer = {
    ModelPackagingJobs: page.map(metadata),
    ...(more && { NextToken: newToken(last, project, archive) }),
  };
  return { good };
}

function metadata(job: ModelPackagingDescription): ModelPackagingJobMetadata {
  return Object.fromEntries(
    METADATA_MEMBERS.filter((member) => job[member] !== undefined).map((member) => [member, job[member]]),
  );
}

// A token is the last name told, sealed together with its project, in the characters that the model allows for tokens.
// Names stand for positions, so jobs that come and go in between shift nothing.

function newToken(last: string, project: string, archive: Archive): string {
  return btoa(`${last} ${archive.seal(`${project}/${last}`)}`);
}

/** The name after which to go on; undefined for what is no token of this project. */
function openToken(token: string, project: string, archive: Archive): string | undefined {
  if (!/^[a-zA-Z0-9/+=]{1,2048}$/.test(token)) return undefined;
  let text: string;
  try {
    text = atob(token);
  } catch {
    return undefined;
  }
  const [last = "", seal = ""] = splitAt(text, " ");
  return JOB_NAME.pattern.test(last) && sameText(seal, archive.seal(`${project}/${last}`)) ? last : undefined;
}

/** Takes as long for a wrong first character as for a wrong last one. */
function sameText(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < other.length; at += 1) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

function brokenRule(member: string, value: string, rule: NameRule): Fault | null {
  if (value.length < rule.min) {
    return validationFault(member, value, `Member must have length greater than or equal to ${rule.min}`);
  }
  if (value.length > rule.max) {
    return validationFault(member, value, `Member must have length less than or equal to ${rule.max}`);
  }
  if (rule.pattern.test(value)) return null;
  return validationFault(member, value, `Member must satisfy regular expression pattern: ${rule.written}`);
}

function noProject(project: string): Answered {
  const message = `The project ${project} could not be found`;
  return { fault: { name: "ResourceNotFoundException", message, resource: { type: "PROJECT", id: project } } };
}

function malformed(member: string, value: string): Answered {
  return { fault: validationFault(member, value, "Member must be percent-encoded UTF-8") };
}

function refuse(name: Fault["name"], message: string): Answered {
  return { fault: { name, message } };
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
