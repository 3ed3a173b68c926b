import { fileNameOf } from "../../base/paths.js";
import { printable } from "../../base/text.js";
import { compareVersions, parseVersion } from "../../base/version.js";
import { known } from "../../device/facts.js";
import { PATHS } from "../../job/requirements.js";
import type { ModelStatement } from "../../model/model.js";
import { unreadNote } from "../basis.js";
import type { Finding, Severity } from "../finding.js";
import {
  absence,
  drift,
  evidence,
  match,
  NO_MODEL,
  notApplicable,
  type Question,
  type Statement,
  unknown,
} from "../make-finding.js";
import { loadsOf, type ModelLoad } from "../model-loads.js";
import { list } from "../remedies/remedy.js";
import { isRuntime, RUNTIME_ALONE, statementEvidence } from "../requirements-of-model.js";
import { SOURCES } from "../sources.js";

const RULE = "model.libraries";
/** The most libraries that one finding names. */
const MOST_NAMES = 8;

/** `model.libraries`: what ldd would say of the model's files on this machine, without running anything. */
export function modelLibraries(question: Question): Finding[] {
  const { model, facts } = question;
  if (model === null) return [notApplicable(RULE, PATHS.target, NO_MODEL)];
  const arch = known(facts.arch);
  if (model.arch !== null && arch !== null && model.arch.value !== arch) {
    return [notApplicable(RULE, PATHS.target, `This machine's loader loads no ${model.arch.value} files`)];
  }
  const loads = loadsOf(question);
  const open = [
    ...(["BLOCKING", "ERROR"] as const).flatMap((severity) => missingFinding(severity, loads)),
    ...(["BLOCKING", "ERROR"] as const).flatMap((severity) => incompleteFinding(severity, loads)),
    ...unknownFinding(loads, question),
    ...glibcFinding(question),
    ...glibcxxFinding(loads, question),
  ];
  if (open.length > 0) return open;
  if (loads.length === 0) return [notApplicable(RULE, PATHS.target, "The model's files load no library from outside")];
  const names = namesOf(loads);
  const because = `This machine's loader finds everything that the model's files load: ${names}`;
  return [match({ ...base(), expected: names, actual: "found by the loader", evidence: evidenceOf(loads) }, because)];
}

function base(): Pick<Statement, "rule" | "path"> {
  return { rule: RULE, path: PATHS.target };
}

function missingFinding(severity: "BLOCKING" | "ERROR", loads: readonly ModelLoad[]): Finding[] {
  const missing = loads.filter((load) => load.severity === severity && load.answer.state === "MISSING");
  if (missing.length === 0) return [];
  const names = namesOf(missing);
  const statement = { ...base(), expected: names, actual: NOT_FOUND, evidence: evidenceOf(missing) };
  const because = `${loading(missing)} ${names}, which this machine's loader does not find${RUNTIME_NOTE[severity]}`;
  return [drift(severity, statement, because)];
}

/** Libraries that exist here but cannot be loaded, because what they load themselves is missing. */
function incompleteFinding(severity: "BLOCKING" | "ERROR", loads: readonly ModelLoad[]): Finding[] {
  const incomplete = loads.filter((load) => load.severity === severity && (load.answer.lacks ?? []).length > 0);
  const lacking = [...new Set(incomplete.flatMap(({ answer }) => answer.lacks ?? []))];
  if (lacking.length === 0) return [];
  const names = shortened(lacking);
  const statement = { ...base(), expected: names, actual: NOT_FOUND, evidence: evidenceOf(incomplete) };
  const because = `${loading(incomplete)} ${namesOf(incomplete)}, which this machine has, but what that loads is missing: ${names}${RUNTIME_NOTE[severity]}`;
  return [drift(severity, statement, because)];
}

const NOT_FOUND = "not found by the loader";
const RUNTIME_NOTE = {
  BLOCKING: "",
  ERROR: `; ${RUNTIME_ALONE}`,
} as const;

/** `compiled.so loads` */
function loading(loads: readonly ModelLoad[]): string {
  const files = [...new Set(loads.flatMap(({ by }) => by.map(({ path }) => fileName(path))))];
  return `${list(files.slice(0, 3))} ${files.length === 1 ? "loads" : "load"}`;
}

/** Unknown, because the loader's answer is, or because a file was not read; never decides. */
function unknownFinding(loads: readonly ModelLoad[], question: Question): Finding[] {
  const open = loads.filter(({ answer }) => answer.state === "UNKNOWN");
  const [first] = open;
  if (first !== undefined) {
    const names = namesOf(open);
    const because = `Whether this machine's loader finds ${names} is not known: ${first.answer.why}`;
    return [unknown({ ...base(), expected: names, actual: null, evidence: evidenceOf(open) }, because, "INFO")];
  }
  if (question.model?.unread.length === 0) return [];
  const because = `What the model's files load is not known in full${unreadNote(question)}`;
  return [unknown({ ...base(), expected: null, actual: null, evidence: evidenceOf(loads) }, because, "INFO")];
}

/** The oldest C library that the files themselves accept; NVIDIA's libraries have their own (device.glibc). */
function glibcFinding(question: Question): Finding[] {
  const { model, facts } = question;
  const floor = model?.floors.glibc ?? null;
  if (floor === null) return [];
  const found = known(facts.glibc);
  const statement: Statement = {
    ...base(),
    expected: `glibc ${floor.value} or later`,
    actual: found === null ? (facts.glibc.state === "absent" ? "no glibc" : null) : `glibc ${found}`,
    evidence: [statementEvidence(floor), ...evidence(SOURCES.ldd, [facts.glibc, found])],
  };
  const needs = `${fileName(floor.path)} needs glibc ${floor.value}`;
  if (facts.glibc.state === "absent") {
    const because = `${needs}, and this system has another C library (${facts.glibc.from})`;
    return [drift(severityOf(floor, question), statement, because)];
  }
  return floorFinding(
    floor,
    found,
    statement,
    [`${needs}, and this system has ${found}`, absence(facts.glibc)],
    question,
  );
}

function glibcxxFinding(loads: readonly ModelLoad[], question: Question): Finding[] {
  const floor = question.model?.floors.glibcxx ?? null;
  const answer = loads.find(({ soname }) => soname === "libstdc++.so.6")?.answer;
  // A missing or unknown library is already reported.
  if (floor === null || answer?.state !== "FOUND") return [];
  const found = answer.glibcxx ?? null;
  const statement: Statement = {
    ...base(),
    expected: `GLIBCXX_${floor.value} or later`,
    actual: found === null ? null : `GLIBCXX_${found}`,
    evidence: [
      statementEvidence(floor),
      { from: answer.path ?? answer.soname, value: found === null ? "not readable" : `GLIBCXX_${found}` },
      { from: "rule", value: SOURCES.ldd },
    ],
  };
  const because = `${fileName(floor.path)} needs GLIBCXX_${floor.value}, and ${answer.path} has ${found}`;
  return floorFinding(floor, found, statement, [because, `${answer.path} could not be read`], question);
}

/** Empty if the requirement is met. */
function floorFinding(
  floor: ModelStatement,
  found: string | null,
  statement: Statement,
  [because, whyUnknown]: readonly [string, string],
  question: Question,
): Finding[] {
  const [have, want] = [parseVersion(found), parseVersion(floor.value)];
  if (have === null || want === null) {
    const unsure = `Whether ${statement.expected} is there, which ${fileName(floor.path)} needs, is not known (${whyUnknown})`;
    return [unknown(statement, unsure, "INFO")];
  }
  if (compareVersions(have, want) >= 0) return [];
  return [drift(severityOf(floor, question), statement, `${because}, so it does not load`)];
}

function severityOf({ path }: ModelStatement, { model }: Question): Severity {
  return model !== null && isRuntime(model, path) ? "ERROR" : "BLOCKING";
}

function namesOf(loads: readonly ModelLoad[]): string {
  return shortened(loads.map(({ soname }) => soname));
}

function shortened(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return `${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}

function evidenceOf(loads: readonly ModelLoad[]): Statement["evidence"] {
  const shown = loads.slice(0, MOST_NAMES).flatMap(({ soname, by, answer }) => [
    ...by.slice(0, 1).map(statementEvidence),
    {
      from: "the dynamic loader",
      value: `${soname}: ${answer.path ?? answer.why ?? "not found"}${lacksText(answer)}`,
    },
  ]);
  return [...shown, { from: "rule", value: SOURCES.ldd }];
}

function lacksText({ lacks = [] }: ModelLoad["answer"]): string {
  return lacks.length === 0 ? "" : `, which lacks ${shortened(lacks)}`;
}

function fileName(path: string): string {
  return printable(fileNameOf(path));
}
