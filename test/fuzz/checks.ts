import { JobUnavailableError } from "../../src/base/errors.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import { settingRows } from "../../src/config/table.js";
import { detectFacts } from "../../src/device/detect.js";
import { detectDriver } from "../../src/device/detectors/driver.js";
import { FACTS_FOLDER, readDropIns } from "../../src/device/drop-ins.js";
import { parseFactFile } from "../../src/device/fact-file.js";
import type { DeviceFacts } from "../../src/device/facts.js";
import type { Uname } from "../../src/device/host.js";
import type { LoaderAnswer } from "../../src/device/loader-answers.js";
import { parseFacts } from "../../src/device/parse-facts.js";
import { renderFacts } from "../../src/device/render-facts.js";
import { summarize } from "../../src/device/summary.js";
import { compare } from "../../src/drift/compare.js";
import { parseDampingMemory } from "../../src/drift/damping.js";
import { judge } from "../../src/drift/judge.js";
import { declared, findDeployed } from "../../src/examiner/deployed/find.js";
import { parseCompilerOptions } from "../../src/job/compiler-options.js";
import type { PackagingJob } from "../../src/job/job.js";
import { decodeJobText, parseJobText } from "../../src/job/job-text.js";
import { parseJob } from "../../src/job/parse-job.js";
import { canonicalAnswer } from "../../src/job/wire-answer.js";
import { platformOf } from "../../src/lab/platform.js";
import { parseRecipe } from "../../src/lab/recipe.js";
import type { PackagedModel } from "../../src/model/model.js";
import { bytesOf, encodeReport } from "../../src/report/encode.js";
import { completeReport } from "../../src/report/make-report.js";
import { joinParts } from "../../src/report/parts.js";
import { renderReport } from "../../src/report/render-report.js";
import type { CompleteReport, Report } from "../../src/report/report.js";
import { apiFailure, LOOKOUT_VISION } from "../../src/sources/api-failure.js";
import { sourceWithCopies } from "../../src/sources/stored-copies.js";
import { type FakeTree, fakeHost, someUname } from "../device/fake-host.js";
import { ANSWERS, MACHINES } from "./samples.js";

const JOBS = ANSWERS.slice(0, 2).map((text) => parseJob(JSON.parse(text)));
const FACTS = MACHINES.slice(0, 2).map((tree) => detectFacts(fakeHost(tree)));
/** Whether a message fits a terminal and a report. */
export function plain(message: string): boolean {
  return message.length < 2_000 && !/\p{Cc}/u.test(message);
}

export function gpuInformation(text: string): void {
  const host = fakeHost({ "/proc/driver/nvidia/gpus/0000:3b:00.0/information": text });
  detectDriver(host);
  checkFacts(detectFacts(host, []));
}

export function deviceTree(text: string): void {
  const tree = {
    "/proc/device-tree/compatible": text,
    "/proc/device-tree/model": text,
    "/proc/device-tree/chosen/ids": text,
  };
  checkFacts(detectFacts(fakeHost({ ...tree, "/proc/device-tree/nvidia,dtsfilename": text }), []));
}

export function bootControl(text: string): void {
  checkFacts(detectFacts(fakeHost({ "/etc/nv_boot_control.conf": text }), []));
}

export function compilerOptions(text: string): void {
  const { form, problems } = parseCompilerOptions(text);
  if (form === "unparseable" && problems.length === 0) throw new Error("not told why");
  for (const problem of problems) if (!plain(problem)) throw new Error(`cannot be shown: ${JSON.stringify(problem)}`);
}

export function jobFile(text: string): void {
  jobValue(parseJobText(decodeJobText(Buffer.from(text, "latin1"), "file.json"), "file.json"));
}

export function jobValue(value: unknown): void {
  const job = parseJob(value);
  if (!/^[\s\S]+$/.test(canonicalAnswer(value))) throw new Error("no canonical form");
  for (const facts of FACTS) checkVerdict(job, facts);
  const [facts] = FACTS;
  if (facts) checkShown(renderReport(reportOf(job, facts), { colour: false, width: 80 }));
}

export function factFile(text: string): void {
  for (const { facts } of parseFactFile(Buffer.from(text, "latin1").toString("utf8"))) checkParsed(facts);
}

export function factsValue(value: unknown): void {
  checkParsed(parseFacts(value));
}

function checkParsed(facts: DeviceFacts): void {
  const again = parseFacts(JSON.parse(JSON.stringify(summarize(facts))));
  if (JSON.stringify(again) !== JSON.stringify(facts)) throw new Error("other facts after a way through JSON");
  checkShown(renderFacts(facts, { colour: false, width: 100 }));
  for (const job of JOBS) checkVerdict(job, facts);
}

export function dropIns(text: string): void {
  const host = fakeHost({ ...MACHINES[3], [`${FACTS_FOLDER}/a.json`]: text }, someUname("aarch64"));
  const { declared: found, problems } = readDropIns(host);
  for (const problem of problems) if (!plain(problem)) throw new Error(`cannot be shown: ${JSON.stringify(problem)}`);
  checkFacts(detectFacts(host, found));
}

export function dampingMemory(text: string): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return;
  }
  parseDampingMemory(json);
}

export function recipe(text: string): void {
  parseRecipe(text, platformOf("classic", "linux", "x64"));
  parseRecipe(text, platformOf("lite", "linux", "arm64"));
}

export async function deployedWord(word: string): Promise<void> {
  declared(word, "com.example.Caps");
  const places = {
    componentDetails: async () => ({ kind: "unsupported", why: "x" }) as const,
    isConfigured: async () => false,
    artifactVersions: () => ({ folder: "/", versions: [], problem: null }),
    edgeAgent: async () => ({ kind: "unknown", why: "x" }) as const,
  };
  await findDeployed(word, [word], places);
}

export function settings(value: unknown): void {
  const parsed = parseSettings(value);
  if (Object.keys(parsed).length !== settingRows().length) throw new Error("a setting is missing");
}

export function wholeMachine({ tree, uname }: { readonly tree: FakeTree; readonly uname: Uname }): void {
  checkFacts(detectFacts(fakeHost(tree, uname)));
}

/** What holds for every machine's facts: they go through JSON, they can be shown, and every job can be judged by them. */
function checkFacts(facts: DeviceFacts): void {
  const again = parseFacts(JSON.parse(JSON.stringify(summarize(facts))));
  if (JSON.stringify(again) !== JSON.stringify(facts)) throw new Error("other facts after a way through JSON");
  checkShown(renderFacts(facts, { colour: false, width: 100 }));
}

function checkShown(text: string): void {
  const odd = /[^\P{Cc}\n]/u.exec(text);
  if (odd) throw new Error(`control character ${JSON.stringify(odd[0])} in what is shown`);
}

function checkVerdict(job: PackagingJob, facts: DeviceFacts): void {
  const { findings } = compare({ job, model: null, origin: null, facts, deployed: null, now: NOW });
  for (const { because, fingerprint, expected, actual, path } of findings) {
    if (because === "" || !/^[0-9a-f]+$/.test(fingerprint)) throw new Error("a finding without reason or fingerprint");
    const odd = [because, expected ?? "", actual ?? "", path].find((text) => /\p{Cc}/u.test(text));
    if (odd !== undefined) throw new Error(`control characters in a finding: ${JSON.stringify(odd)}`);
  }
}

export function anyPair([job, facts, other]: readonly [PackagingJob, DeviceFacts, PackagingJob]): void {
  const lookups = [job, other].map((one) => lookAt(one));
  const verdicts = judge({ lookups, facts, now: NOW, maxCopyAgeDays: 1, waivers: [] });
  if (verdicts.length !== 2) throw new Error("not one verdict a job");
}

/** A model by its files alone, which is never more than untested, and beside a job; its block stays within its bound. */
export function anyModelPair([model, job, facts, loadable]: readonly [
  PackagedModel,
  PackagingJob,
  DeviceFacts,
  readonly LoaderAnswer[],
]): void {
  const alone = { ...lookAt(job), ref: { project: null, job: null }, job: null, model };
  const lookups = [alone, { ...lookAt(job), model }];
  const verdicts = judge({ lookups, facts, loadable, now: NOW, maxCopyAgeDays: 1, waivers: [] });
  if (verdicts.length !== 2 || verdicts[0]?.runnable === "RUNNABLE") throw new Error("tested by its files alone");
  for (const [at, lookup] of lookups.entries()) {
    const verdict = verdicts[at];
    if (verdict === undefined) throw new Error("no verdict");
    const report = reported({ facts, verdict, ...lookup });
    if (bytesOf(JSON.stringify({ model: report.model })) >= 600) throw new Error("the model takes 600 bytes or more");
    renderReport(report, { colour: false, width: 80 });
  }
}

/** The time of everything here. */
export const NOW = "2026-11-23T12:00:00.000Z";

function lookAt(job: PackagingJob) {
  const ref = { project: job.project ?? "p", job: job.name ?? "j" };
  return { ref, job, model: null, origin: null, unavailable: null, deployed: null };
}

/** A report in parts: each within its limit, and together the whole, in any order. */
export function reportParts([job, facts, maxBytes, turn]: readonly [PackagingJob, DeviceFacts, number, number]): void {
  const report = reportOf(job, facts);
  const messages = encodeReport(report, maxBytes);
  const parts = joinParts();
  let whole: Report | null = null;
  for (let i = 0; i < messages.length; i++) {
    const message = messages[(i + turn) % messages.length] ?? "";
    if (bytesOf(message) > maxBytes) throw new Error(`a part of ${bytesOf(message)} bytes, at most ${maxBytes}`);
    whole = parts.add(JSON.parse(message)) ?? whole;
  }
  const told = (one: Report | null) => JSON.stringify(one?.findings.map(({ fingerprint }) => fingerprint));
  if (told(whole) !== told(report)) throw new Error("the parts do not make the whole");
}

function reportOf(job: PackagingJob, facts: DeviceFacts): Report {
  const lookup = lookAt(job);
  const [verdict] = judge({ lookups: [lookup], facts, now: NOW, maxCopyAgeDays: null, waivers: [] });
  if (verdict === undefined) throw new Error("no verdict");
  return reported({ facts, verdict, ...lookup });
}

type Checked = Omit<Parameters<typeof completeReport>[0], "thing" | "trigger" | "checkedAt" | "agent">;

function reported(checked: Checked): CompleteReport {
  const agent = { version: "0", node: "v16", transport: "ipc", outbox: "disk", problems: [] } as const;
  const made = completeReport({ thing: "t", trigger: "START", checkedAt: NOW, agent, ...checked });
  return { ...made, id: "e.1", epoch: "e", sequence: 1 };
}

/** The job that is asked for. */
export const REF = { project: "bottle-caps", job: "bottle-caps-x86-cpu" };

/** Whatever answers in the service's place: a reason and words that can be shown. */
export function errorAnswer([status, body]: readonly [number, string]): void {
  const headers = { "x-amzn-errortype": body.slice(0, 40), "retry-after": body.slice(-3), location: body.slice(0, 90) };
  const answer = { status, headers, body: status === 0 ? null : body };
  const call = {
    service: LOOKOUT_VISION,
    ref: REF,
    source: "api x",
    serviceEndpoint: true,
    missingCredentials: null,
    answer,
  };
  const { message } = apiFailure({ ...call, error: new Error(body) });
  if (!plain(message) || message.includes("native code"))
    throw new Error(`cannot be shown: ${JSON.stringify(message)}`);
}

/** A copy that was damaged is set aside and told, never used and never fatal. */
export async function keptCopy(text: string): Promise<void> {
  const gone = new JobUnavailableError("gone", "GONE");
  const source = { name: "api", describe: () => Promise.reject(gone) };
  const copies = {
    read: async () => text,
    write: async () => undefined,
    setAside: async () => "aside",
    list: async () => [],
  };
  try {
    await sourceWithCopies(source, copies)(REF);
  } catch (error) {
    if (!(error instanceof JobUnavailableError)) throw error;
  }
}
