import { cutVersion, sameAsFar } from "../../base/version.js";
import { PATHS, type Requirements, requirementsOf } from "../../job/requirements.js";
import { onBasis, unreadNote } from "../basis.js";
import type { Finding, Severity } from "../finding.js";
import { parseGpuArchitecture } from "../gpu-codes.js";
import {
  drift,
  match,
  NO_DESCRIPTION,
  NO_MODEL,
  notApplicable,
  type Question,
  type Statement,
  unknown,
} from "../make-finding.js";
import { needsOf } from "../needs.js";
import { type ModelRequirement, type ModelRequirements, requirementsOfModel } from "../requirements-of-model.js";
import { SOURCES } from "../sources.js";
import { compilerCudaVer, compilerTrtVer } from "./compiler-libraries.js";
import { compilerGpuCode } from "./gpu-code.js";
import { targetAccelerator, targetArch } from "./target.js";

const RULE = "model.agrees";

/**
 * `model.agrees`: the description and the model's own files say the same. Each difference is reported with both
 * locations, since it cannot be known here which of the two is wrong. The other rules follow the description, so files
 * that certainly do not run here are BLOCKING here: they are what is loaded.
 */
export function modelAgrees(question: Question): Finding[] {
  const { job, model } = question;
  if (model === null) return [notApplicable(RULE, PATHS.description, NO_MODEL)];
  if (job === null) return [notApplicable(RULE, PATHS.description, NO_DESCRIPTION)];
  const compared = comparisons(requirementsOf(job), requirementsOfModel(model));
  const different = compared.filter(({ agrees }) => !agrees);
  if (different.length > 0) return different.map((one) => differenceFinding(one, question));
  const statement: Statement = {
    rule: RULE,
    path: PATHS.description,
    expected: null,
    actual: null,
    evidence: [...compared.flatMap(({ sources }) => sources), { from: "rule", value: SOURCES.model }],
  };
  if (compared.length === 0) {
    const because = `The description and what could be read of the model's files have nothing in common to compare${unreadNote(question)}`;
    return [unknown(statement, because, "INFO")];
  }
  const because = `The description and the model's files say the same: ${compared.map(({ property, built }) => `${PROPERTIES[property].name} ${built}`).join(", ")}`;
  return [match(statement, because)];
}

/** One property that both state. */
interface Comparison {
  readonly property: Property;
  readonly path: string;
  readonly described: string;
  readonly built: string;
  readonly agrees: boolean;
  /** The severity of a difference; UNKNOWN if the files are not certain. */
  readonly severity: Severity | "UNKNOWN";
  readonly sources: ModelRequirement["sources"];
}

/** The name of each property for people, and the rule that compares it with the machine. */
const PROPERTIES = {
  arch: { name: "architecture", rule: targetArch },
  accelerator: { name: "accelerator", rule: targetAccelerator },
  gpuCode: { name: "GPU code", rule: compilerGpuCode },
  cudaVer: { name: "CUDA", rule: compilerCudaVer },
  trtVer: { name: "TensorRT", rule: compilerTrtVer },
} as const;

type Property = keyof typeof PROPERTIES;

function comparisons(described: Requirements, built: ModelRequirements): readonly Comparison[] {
  return [
    ...compareOne("arch", described.arch, built.arch, (a, b) => a === b),
    ...compareAccelerators(described, built),
    ...(described.gpu === "NOT_NEEDED" ? [] : compareCodes(described, built)),
    ...(described.gpu === "NOT_NEEDED" ? [] : compareCuda(described, built)),
    ...(described.gpu === "NOT_NEEDED" ? [] : compareTensorrt(described, built)),
  ];
}

function compareOne<A, B>(
  property: Property,
  described: { readonly path: string; readonly value: A } | null,
  built: ModelRequirement<B> | null,
  agrees: (described: A, built: B) => boolean,
): Comparison[] {
  if (described === null || built === null) return [];
  const { limit } = built;
  return [
    {
      property,
      path: described.path,
      described: textOf(described.value),
      built: textOf(built.value),
      agrees: agrees(described.value, built.value),
      // What only the bundled runtime loads says nothing about what the model was compiled for.
      severity: limit === null ? "ERROR" : limit.gravest === "UNKNOWN" ? "UNKNOWN" : "WARNING",
      sources: built.sources,
    },
  ];
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(" or ") : String(value);
}

/** Files without GPU code are compared too, but only if they were read completely: otherwise that is not known. */
function compareAccelerators(described: Requirements, built: ModelRequirements): Comparison[] {
  const { gpu, accelerator } = built;
  if (described.gpu === "UNKNOWN" || gpu === "UNKNOWN") return [];
  const words = { NEEDED: "NVIDIA", NOT_NEEDED: "CPU" } as const;
  return [
    {
      property: "accelerator",
      path: described.accelerator?.path ?? PATHS.accelerator,
      described: words[described.gpu],
      built: words[gpu],
      agrees: described.gpu === gpu,
      severity: "ERROR",
      sources: accelerator?.sources ?? [{ from: "the model's files", value: words[gpu] }],
    },
  ];
}

function compareCodes(described: Requirements, built: ModelRequirements): Comparison[] {
  return compareOne("gpuCode", described.gpuCode, built.gpuCode, (wanted) => {
    const code = parseGpuArchitecture(wanted);
    // What cannot be parsed is reported by its own rule.
    return code === null || built.codes.some(({ major, minor }) => major === code.major && minor === code.minor);
  });
}

function compareCuda(described: Requirements, built: ModelRequirements): Comparison[] {
  return compareOne("cudaVer", described.cudaVer, built.cudaVer, (wanted, found) =>
    sameAsFar(cutVersion(wanted, 2), cutVersion(found, 2)),
  );
}

function compareTensorrt(described: Requirements, built: ModelRequirements): Comparison[] {
  return compareOne("trtVer", described.trtVer, built.trtVer, (wanted, found) =>
    wanted.some((one) => found.some((other) => sameAsFar(one, other))),
  );
}

function differenceFinding(one: Comparison, question: Question): Finding {
  const { job, model } = question;
  const { property, path, described, built, severity, sources } = one;
  const { name } = PROPERTIES[property];
  const statement: Statement = {
    rule: RULE,
    path,
    expected: described,
    actual: built,
    evidence: [{ from: `job ${path}`, value: described }, ...sources, { from: "rule", value: SOURCES.model }],
  };
  const [jobVersion, modelVersion] = [job?.component.version ?? null, model?.version ?? null];
  const other =
    jobVersion !== null && modelVersion !== null && jobVersion !== modelVersion
      ? `; the files are those of version ${modelVersion}, the description is that of ${jobVersion}`
      : "";
  const because = `The description says ${name} ${described}, but the model's files say ${built} (${sources[0]?.from.replace(/^model (?:.*\/(?=[^/]+ \())?/, "")})${other}`;
  if (severity === "UNKNOWN") return unknown(statement, `${because}, which is not certain`, "INFO");
  const blocking = blockedByFiles(property, question);
  if (blocking === null) return drift(severity, statement, because);
  return drift("BLOCKING", statement, `${because}; what was built will not run here: ${blocking}`);
}

/** Why the model does not run here according to its files, whatever the description says; null if it does. */
function blockedByFiles(property: Property, question: Question): string | null {
  const needs = needsOf({ job: null, model: question.model });
  const [found] = [PROPERTIES[property].rule({ ...question, needs })].flat();
  if (found === undefined) return null;
  const { severity, because } = onBasis(needs[property], found);
  return severity === "BLOCKING" ? because : null;
}
