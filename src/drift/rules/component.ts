import { known } from "../../device/facts.js";
import type { PackagingJob } from "../../job/job.js";
import { NEO_PROJECT } from "../../job/job-names.js";
import { PATHS } from "../../job/requirements.js";
import type { PackagedModel } from "../../model/model.js";
import type { Deployed } from "../deployed.js";
import type { Finding } from "../finding.js";
import { drift, evidence, match, NO_DESCRIPTION, notApplicable, type Question, unknown } from "../make-finding.js";
import { componentIn } from "../needs.js";
import { SOURCES } from "../sources.js";

const NOTHING_DEPLOYED = "Nothing is deployed on the machine being checked";
const COMPILED =
  'A compilation job makes no component: name the component that contains the compiled model in the setting "jobs" as well';
const UNVERSIONED = "A compilation job makes no component, so no version of one is expected";
const ABSENT = "The component is not deployed, so it has neither version nor state";

/** `component.deployed`: whether Greengrass has the job's component at all. */
export function componentDeployed({ job, model, deployed }: Question): Finding {
  const path = namePath(job);
  if (deployed === null) return notApplicable("component.deployed", path, NOTHING_DEPLOYED);
  if (isCompilation(job) && job?.component.name === null) return notApplicable("component.deployed", path, COMPILED);
  const expected = job === null ? componentIn(model) : job.component.name;
  const { present } = deployed;
  const statement = {
    rule: "component.deployed" as const,
    path,
    expected,
    actual: present.state === "known" ? deployed.name : present.state === "absent" ? "not deployed" : null,
    evidence: evidence(SOURCES.component, [present, present.state === "known" ? deployed.name : null]),
  };
  if (expected === null) {
    const because =
      job === null
        ? "The folder of the model's files does not name their component"
        : "The description does not name the component that holds the model";
    return unknown(statement, because);
  }
  if (present.state === "unreadable") {
    return unknown(statement, `Whether component ${expected} is deployed is not known: ${present.why}`);
  }
  if (present.state === "absent") {
    return drift(
      "ERROR",
      statement,
      `Component ${expected} is not deployed on this machine, so there is no model to run`,
    );
  }
  if (deployed.name !== expected) {
    const made = job === null ? "The model's files are those of" : "The job made";
    return drift("ERROR", statement, `${made} component ${expected}, but ${deployed.name} is what is deployed`);
  }
  return match(statement, `Component ${expected} is deployed`);
}

/**
 * `component.version`: compared as three integers. An ERROR, because a package other than the described one is running.
 */
export function componentVersion(question: Question): Finding | Finding[] {
  const model = modelVersion(question);
  return model === null ? packageVersion(question) : [packageVersion(question), model];
}

function packageVersion({ job, model, deployed }: Question): Finding {
  if (job === null) return versionRead(model, deployed);
  const path = versionPath(job);
  if (deployed === null) return notApplicable("component.version", path, NOTHING_DEPLOYED);
  if (deployed.present.state === "absent") return notApplicable("component.version", path, ABSENT);
  const expected = job.component.version;
  if (isCompilation(job) && expected === null) return notApplicable("component.version", path, UNVERSIONED);
  const actual = known(deployed.version);
  const statement = {
    rule: "component.version" as const,
    path,
    expected,
    actual,
    evidence: evidence(SOURCES.component, [deployed.version, actual]),
  };
  if (expected === null) {
    return unknown(statement, "The description does not say which component version holds the model");
  }
  if (actual === null) {
    const why = deployed.version.state === "unreadable" ? `: ${deployed.version.why}` : "";
    return unknown(statement, `Which version of ${deployed.name} is deployed is not known${why}`);
  }
  const answer = compareComponentVersions(expected, actual);
  const origin = job.component.versionFrom === "DEFAULT" ? ", the service's default," : "";
  if (answer === "UNKNOWN") {
    return unknown(
      statement,
      `Versions "${expected}" and "${actual}" of ${deployed.name} cannot be compared as three integers`,
    );
  }
  if (answer === "SAME") return match(statement, `Version ${actual} of ${deployed.name} is deployed, as the job says`);
  return drift(
    "ERROR",
    statement,
    `The job made version ${expected}${origin} of ${deployed.name}, but version ${actual} is deployed, which is a different package from the one described`,
  );
}

/**
 * Without a job, nothing says which version should be deployed; but the files that were read must be those of the
 * deployed version.
 */
function versionRead(model: PackagedModel | null, deployed: Deployed | null): Finding {
  const path = PATHS.outputVersion;
  if (deployed === null) return notApplicable("component.version", path, NOTHING_DEPLOYED);
  if (deployed.present.state === "absent") return notApplicable("component.version", path, ABSENT);
  const read = model?.version ?? null;
  const actual = known(deployed.version);
  if (read === null || actual === null || compareComponentVersions(read, actual) === "SAME") {
    return notApplicable("component.version", path, "Only a description says which version ought to be deployed");
  }
  const statement = {
    rule: "component.version" as const,
    path,
    expected: read,
    actual,
    evidence: [
      { from: model?.folders[0] ?? "the model's files", value: read },
      ...evidence(SOURCES.component, [deployed.version, actual]),
    ],
  };
  const because = `The files of version ${read} were read, but version ${actual} of ${deployed.name} is deployed, so what they say may not hold for it`;
  return { ...unknown(statement, because), basis: "MODEL" };
}

/** `component.state`: the component's lifecycle state in Greengrass; not applicable if no source states it. */
export function componentState(question: Question): Finding | Finding[] {
  const model = modelState(question);
  return model === null ? lifecycleState(question) : [lifecycleState(question), model];
}

function lifecycleState({ job, deployed }: Question): Finding {
  const path = namePath(job);
  if (deployed === null) return notApplicable("component.state", path, NOTHING_DEPLOYED);
  if (isCompilation(job) && job?.component.name === null) return notApplicable("component.state", path, COMPILED);
  if (deployed.present.state === "absent") return notApplicable("component.state", path, ABSENT);
  const { state } = deployed;
  if (state.state === "absent")
    return notApplicable("component.state", path, "No source on this machine tells component states");
  const actual = known(state);
  const statement = {
    rule: "component.state" as const,
    path,
    expected: "RUNNING or FINISHED",
    actual,
    evidence: evidence(SOURCES.component, [state, actual]),
  };
  if (state.state === "unreadable") {
    return unknown(statement, `The state of ${deployed.name} is not known: ${state.why}`);
  }
  switch (actual) {
    case "RUNNING":
    case "FINISHED":
      return match(statement, `Greengrass says that ${deployed.name} is ${actual}`);
    case "ERRORED":
    case "BROKEN":
      return drift("ERROR", statement, `Greengrass says that ${deployed.name} is ${actual}, so the model does not run`);
    case "STOPPING":
      return drift("WARNING", statement, `Greengrass is stopping ${deployed.name}`);
    case "NEW":
    case "INSTALLED":
    case "STARTING":
      return unknown(statement, `${deployed.name} is ${actual}: still starting, not yet running`);
    default:
      return unknown(statement, `"${actual}" is not a component state that packdrift knows`);
  }
}

/** The state of the model in the Edge Agent; null if it was not asked. */
function modelState({ job, deployed }: Question): Finding | null {
  const reading = deployed?.model;
  const model = known(reading);
  if (reading === undefined || model === null) return null;
  const { status, message } = model;
  const statement = {
    rule: "component.state" as const,
    path: namePath(job),
    expected: "model RUNNING",
    actual: `model ${status}`,
    evidence: evidence(SOURCES.edgeAgent, [reading, `${model.arn} ${status}${message === "" ? "" : `: ${message}`}`]),
  };
  const why = message === "" ? "" : `: ${message}`;
  switch (status) {
    case "RUNNING":
      return match(statement, "The Edge Agent says that the model is RUNNING");
    case "FAILED":
      return drift("ERROR", statement, `The Edge Agent says that the model has FAILED${why}`);
    case "STOPPED":
      return drift(
        "WARNING",
        statement,
        `The Edge Agent says that the model is STOPPED, so nothing is inspected${why}`,
      );
    default:
      return unknown(statement, `The Edge Agent says that the model is ${status}: neither running nor at rest${why}`);
  }
}

/** Whether the model in the component is the one that the job packaged; null if the Edge Agent was not asked. */
function modelVersion({ job, deployed }: Question): Finding | null {
  const reading = deployed?.model;
  const model = known(reading);
  if (reading === undefined || model === null) return null;
  const [, project, version] = /:model\/([^/]+)\/([^/]+)$/.exec(model.arn) ?? [];
  const wanted = job?.modelVersion == null || job.project === null ? null : `${job.project}/${job.modelVersion}`;
  const found = project === undefined ? null : `${project}/${version}`;
  const statement = {
    rule: "component.version" as const,
    path: "ModelVersion",
    expected: wanted,
    actual: found,
    evidence: evidence(SOURCES.edgeAgent, [reading, model.arn]),
  };
  if (wanted === null)
    return job === null
      ? notApplicable("component.version", "ModelVersion", NO_DESCRIPTION)
      : unknown(statement, "The description does not say which model version it packaged", "INFO");
  if (found === null) return unknown(statement, "The Edge Agent's ARN names no model version", "INFO");
  if (wanted === found) return match(statement, `The Edge Agent has model ${found}, as the job says`);
  return drift("ERROR", statement, `The job packaged model ${wanted}, but the Edge Agent has ${found}`);
}

/** Whether a job represents a compilation job of SageMaker Neo, which knows nothing of components. */
function isCompilation(job: PackagingJob | null): boolean {
  return job?.project === NEO_PROJECT;
}

/** The path of the component's name: the output's if the job has one. */
function namePath(job: PackagingJob | null): string {
  return job === null || job.output?.name ? PATHS.outputName : PATHS.configuredName;
}

function versionPath(job: PackagingJob): string {
  return job.component.versionFrom === "OUTPUT" ? PATHS.outputVersion : PATHS.configuredVersion;
}

const THREE_INTEGERS = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(.*)$/;

/** Compared as three integers. The job's pattern has no pre-release part, so 1.0.0-beta is another version than 1.0.0. */
export function compareComponentVersions(expected: string, actual: string): "SAME" | "OTHER" | "UNKNOWN" {
  const [wanted, found] = [THREE_INTEGERS.exec(expected), THREE_INTEGERS.exec(actual)];
  if (!wanted || !found) return "UNKNOWN";
  const numbers = [1, 2, 3].every((i) => Number(wanted[i]) === Number(found[i]));
  return numbers && wanted[4] === found[4] ? "SAME" : "OTHER";
}

/** The name of what Greengrass would have to deploy, for messages. */
export function componentOf({ job, model, deployed }: Pick<Question, "job" | "model" | "deployed">): string {
  return job?.component.name ?? (deployed?.name || null) ?? componentIn(model) ?? "the component";
}
