import { JOB_NAME_RULE } from "../../job/job-names.js";
import {
  type ListAnswer,
  METADATA_MEMBERS,
  type ModelPackagingDescription,
  type ModelPackagingJobMetadata,
} from "../../job/wire.js";
import { type Fault, type FaultReply, faultReply, goodReply, type HttpReply } from "./faults.js";
import { type Checked, checkedList, checkedNames, type ListInput, type Route, routeOf } from "./route.js";

/** A request as received. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, still percent-encoded. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Only for signatures: none of the operations here reads one. */
  readonly body?: string;
}

/** The stored jobs. Names have been checked before these are called. */
export interface ArchivedJobs {
  /** Null when the project has no such job. */
  find(project: string, job: string): Promise<ModelPackagingDescription | null>;
  /** The same without waiting if the job is in memory; otherwise undefined. */
  atHand?(project: string, job: string): ModelPackagingDescription | undefined;
  /**
   * At most `limit` jobs of a project, always in the same order of their names, beginning after `after` (null: with the first).
   * Null when there is no such project.
   */
  list(project: string, after: string | null, limit: number): Promise<readonly ModelPackagingDescription[] | null>;
}

/** The sender of a request with a valid signature. */
export interface Caller {
  /** For messages: an ARN or a profile's name. */
  readonly name: string;
  mayRead(project: string): boolean;
}

/** Everything needed to answer a request. */
export interface Archive {
  readonly jobs: ArchivedJobs;
  /** A new UUID for each request. */
  newRequestId(): string;
  /** A keyed hash as base64: this archive accepts only tokens that it sealed itself. */
  seal(text: string): string;
  /** How to write faults; by default as the service does. */
  readonly writeFault?: FaultReply;
  /** Rendered answers by description; without it each answer is rendered again. */
  readonly rendered?: WeakMap<ModelPackagingDescription, string>;
  /** Identifies the sender of a request, or returns the fault to answer with; without it anyone may read everything. */
  readonly authenticate?: (request: HttpRequest) => Promise<Caller | Fault>;
}

/** Answers DescribeModelPackagingJob and ListModelPackagingJobs as the service did. Throws only errors from `archive`. */
export async function answerRequest(request: HttpRequest, archive: Archive): Promise<HttpReply> {
  const requestId = archive.newRequestId();
  const answered = await answer(request, archive);
  const { writeFault = faultReply } = archive;
  return "fault" in answered ? writeFault(answered.fault, requestId) : goodReply(answered.good, requestId);
}

/**
 * The answer to Describe if nothing has to be awaited: without authentication, and with the job in memory; otherwise
 * null. Saves the promise of each step, a fifth of the time of an answer.
 */
export function answerAtOnce(request: HttpRequest, archive: Archive): HttpReply | null {
  if (archive.authenticate !== undefined || archive.jobs.atHand === undefined) return null;
  const route = routeOf(request.method, request.url);
  if (route?.operation !== "DescribeModelPackagingJob") return null;
  const checked = checkedNames(route.project, route.job);
  if ("fault" in checked) return null;
  const found = archive.jobs.atHand(checked.good.project, checked.good.job);
  return found === undefined ? null : goodReply(rendered(found, archive), archive.newRequestId());
}

/** In AWS's order: route, then caller, then validity, then the caller's permission. */
async function answer(request: HttpRequest, archive: Archive): Promise<Checked<string>> {
  const route = routeOf(request.method, request.url);
  if (route === null) return refuse("UnknownOperationException", "Unknown operation");
  if (route.operation === "StartModelPackagingJob") {
    return refuse("AccessDeniedException", "This archive is read-only: no model packaging job can be started");
  }
  const caller = archive.authenticate === undefined ? ANYBODY : await archive.authenticate(request);
  if (!("mayRead" in caller)) return { fault: caller };
  if (route.operation === "DescribeModelPackagingJob") {
    const checked = checkedNames(route.project, route.job);
    if ("fault" in checked) return checked;
    const { project, job } = checked.good;
    return caller.mayRead(project) ? describe(project, job, archive) : denied(caller, route);
  }
  const checked = checkedList(route.project, route.query);
  if ("fault" in checked) return checked;
  return caller.mayRead(checked.good.project) ? list(checked.good, archive) : denied(caller, route);
}

const ANYBODY: Caller = { name: "anybody", mayRead: () => true };

async function describe(project: string, job: string, archive: Archive): Promise<Checked<string>> {
  const { jobs } = archive;
  const found = await jobs.find(project, job);
  if (found !== null) return { good: rendered(found, archive) };
  if ((await jobs.list(project, null, 1)) === null) return noProject(project);
  const message = `The model packaging job ${job} could not be found in project ${project}`;
  return { fault: { name: "ResourceNotFoundException", message, resource: { type: "MODEL_PACKAGE_JOB", id: job } } };
}

function rendered(found: ModelPackagingDescription, archive: Archive): string {
  const known = archive.rendered?.get(found);
  if (known !== undefined) return known;
  const body = JSON.stringify({ ModelPackagingDescription: found });
  archive.rendered?.set(found, body);
  return body;
}

async function list({ project, count, token }: ListInput, archive: Archive): Promise<Checked<string>> {
  const after = token === null ? null : openToken(token, project, archive);
  if (after === undefined) return refuse("ValidationException", "The pagination token is not valid");
  // One more than requested, to know whether there is a next page.
  const found = await archive.jobs.list(project, after, count + 1);
  if (found === null) return noProject(project);
  const page = found.slice(0, count);
  const last = page.at(-1)?.JobName;
  const more = found.length > count && last !== undefined;
  const answer: ListAnswer = {
    ModelPackagingJobs: page.map(metadata),
    ...(more && { NextToken: newToken(last, project, archive) }),
  };
  return { good: JSON.stringify(answer) };
}

function metadata(job: ModelPackagingDescription): ModelPackagingJobMetadata {
  return Object.fromEntries(
    METADATA_MEMBERS.filter((member) => job[member] !== undefined).map((member) => [member, job[member]]),
  );
}

// A token is the last name of a page, sealed together with its project, in the characters that the model allows for tokens.
// It holds a name, not a position, so jobs that are added and removed in between shift nothing.

function newToken(last: string, project: string, archive: Archive): string {
  return btoa(`${last} ${archive.seal(`${project}/${last}`)}`);
}

/** The name after which to continue; undefined for anything but a token of this project. */
function openToken(token: string, project: string, archive: Archive): string | undefined {
  let text: string;
  try {
    text = atob(token);
  } catch {
    return undefined;
  }
  const [last = "", seal = ""] = text.split(" ");
  return JOB_NAME_RULE.pattern.test(last) && sameText(seal, archive.seal(`${project}/${last}`)) ? last : undefined;
}

/** Compares in constant time. */
function sameText(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < other.length; at += 1) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

function noProject(project: string): { readonly fault: Fault } {
  const message = `The project ${project} could not be found`;
  return { fault: { name: "ResourceNotFoundException", message, resource: { type: "PROJECT", id: project } } };
}

function denied(caller: Caller, { operation }: Route): { readonly fault: Fault } {
  // The action has no resource types, so AWS names every resource: Service Authorization Reference.
  const action = `lookoutvision:${operation}`;
  const message = `User: ${caller.name} is not authorized to perform: ${action} on resource: * because no identity-based policy allows the ${action} action`;
  return refuse("AccessDeniedException", message);
}

function refuse(name: Fault["name"], message: string): { readonly fault: Fault } {
  return { fault: { name, message } };
}
