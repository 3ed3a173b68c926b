import type { Reading, Sighting } from "../device/facts.js";

/** What Greengrass has deployed for the job's component, as far as any source knows. */
export interface Deployed {
  readonly name: string;
  /** "absent": a source that would know says that it is not there. */
  readonly present: Reading<true>;
  readonly version: Reading<string>;
  /** Greengrass lifecycle state, such as RUNNING or BROKEN. */
  readonly state: Reading<string>;
  /** What the Edge Agent says about the model in it; undefined if it was not asked. */
  readonly model?: Reading<DeployedModel>;
}

/** A model as the Lookout for Vision Edge Agent describes it. */
interface DeployedModel {
  /** `arn:…:model/<project>/<model version>` */
  readonly arn: string;
  /** `STOPPED` `STARTING` `RUNNING` `FAILED` `STOPPING` */
  readonly status: string;
  readonly message: string;
}

/** One source's answer about a component. */
export interface DeployedAnswer {
  /** The source, in words for the evidence. */
  readonly from: string;
  readonly result:
    | { readonly kind: "version"; readonly version: string; readonly state: string | null }
    | { readonly kind: "present" }
    | ({ readonly kind: "model" } & DeployedModel)
    | { readonly kind: "absent" }
    | { readonly kind: "unknown"; readonly why: string };
}

/**
 * Combines the sources' answers, the most trusted first: the first one with a version or an absence counts, and a later
 * one that differs makes it DISPUTED.
 */
export function deployedFrom(name: string, answers: readonly DeployedAnswer[]): Deployed {
  const seen: readonly Sighting[] = answers.map(({ from, result }) => ({ from, value: inWords(result) }));
  const versions = answers.flatMap(({ from, result }) => (result.kind === "version" ? [{ from, ...result }] : []));
  const absent = answers.find(({ result }) => result.kind === "absent");
  const present = answers.find(({ result }) => result.kind === "present" || result.kind === "model");
  const model = modelOf(answers);
  const from = answers.map((answer) => answer.from).join(", ") || "no source";
  const why =
    answers.flatMap(({ result }) => (result.kind === "unknown" ? [result.why] : [])).join("; ") || "no source gives it";
  const unreadable = { state: "unreadable", from, why, seen } as const;

  // A leftover folder does not outweigh an earlier source that would know.
  const decides = answers.find(({ result }) => result.kind === "version" || result.kind === "absent");
  if (decides?.result.kind === "version") {
    const first = { from: decides.from, ...decides.result };
    const disputed =
      absent !== undefined || versions.some((other) => numbersOf(other.version) !== numbersOf(first.version));
    const confidence = disputed ? "DISPUTED" : "FIRM";
    const withState = versions.find((version) => version.state !== null);
    return {
      name,
      present: { state: "known", value: true, from: first.from, confidence, seen },
      version: { state: "known", value: first.version, from: first.from, confidence, seen },
      state:
        withState?.state == null
          ? { state: "absent", from, seen }
          : { state: "known", value: withState.state, from: withState.from, confidence: "FIRM" },
      ...model,
    };
  }
  if (absent !== undefined) {
    const gone = { state: "absent", from: absent.from, seen } as const;
    return { name, present: gone, version: gone, state: gone };
  }
  return {
    name,
    present:
      present === undefined
        ? unreadable
        : { state: "known", value: true, from: present.from, confidence: "FIRM", seen },
    version: unreadable,
    state: unreadable,
    ...model,
  };
}

/** 01.0.0 and 1.0.0 are the same version: three integers. */
function numbersOf(version: string): string {
  return /^\d+\.\d+\.\d+$/.test(version) ? version.split(".").map(Number).join(".") : version;
}

function modelOf(answers: readonly DeployedAnswer[]): Pick<Deployed, "model"> {
  const answer = answers.flatMap(({ from, result }) => (result.kind === "model" ? [{ from, result }] : []))[0];
  if (answer === undefined) return {};
  const { arn, status, message } = answer.result;
  return { model: { state: "known", value: { arn, status, message }, from: answer.from, confidence: "FIRM" } };
}

function inWords(result: DeployedAnswer["result"]): string {
  switch (result.kind) {
    case "version":
      return result.state === null ? result.version : `${result.version} (${result.state})`;
    case "present":
      return "deployed, version unknown";
    case "model":
      return `${result.arn} (${result.status}${result.message === "" ? "" : `: ${result.message}`})`;
    case "absent":
      return "not deployed";
    case "unknown":
      return `unknown: ${result.why}`;
  }
}
