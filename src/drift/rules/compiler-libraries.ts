import type { DeviceFacts, Library, Reading } from "../../device/facts.js";
import { known } from "../../device/facts.js";
import { PATHS } from "../../job/requirements.js";
import { silent, unreadNote } from "../basis.js";
import { judgeCuda } from "../cuda-versions.js";
import type { Finding } from "../finding.js";
import { fittingGpu, parseCapability } from "../gpu-codes.js";
import { type Judgement, libraryReading } from "../library-judgement.js";
import {
  absence,
  drift,
  evidence,
  match,
  notApplicable,
  type Question,
  type Statement,
  unknown,
} from "../make-finding.js";
import { SOURCES } from "../sources.js";
import { judgeTensorrt } from "../tensorrt-versions.js";
import { jetpackFinding } from "./jetpack.js";
import { knownPairFindings } from "./pair-findings.js";

/** `compiler.cuda-ver`: x.y up to CUDA 10, the major from 11 on. */
export function compilerCudaVer(question: Question): Finding[] {
  const { needs, facts } = question;
  const path = needs.cudaVer?.path ?? PATHS.cudaVer;
  if (needs.gpu === "NOT_NEEDED")
    return [notApplicable("compiler.cuda-ver", path, "The model runs on the CPU, so it needs no CUDA")];
  const reading = libraryReading(facts, "cuda");
  const wanted = needs.cudaVer?.value ?? null;
  const statement: Base = {
    rule: "compiler.cuda-ver",
    path,
    expected: wanted,
    evidence: evidence(SOURCES.soname, [reading, shown(reading)]),
  };
  const finding = libraryFinding("CUDA", statement, reading, (library) => judgeCuda(wanted ?? "", library), question);
  return [finding, ...knownPairFindings(question, "CUDA", "compiler.cuda-ver", path)];
}

/** `compiler.trt-ver`: the major must match, the rest is a warning; on a Jetson together with its JetPack. */
export function compilerTrtVer(question: Question): Finding[] {
  const { job, needs, facts } = question;
  const path = needs.trtVer?.path ?? PATHS.trtVer;
  if (needs.gpu === "NOT_NEEDED") {
    return [notApplicable("compiler.trt-ver", path, "The model runs on the CPU, so it needs no TensorRT")];
  }
  const reading = libraryReading(facts, "tensorrt");
  const wanted = needs.trtVer?.value ?? null;
  const ranged = isRanged(question);
  const statement: Base = {
    rule: "compiler.trt-ver",
    path,
    expected: wanted?.join(" or ") ?? null,
    evidence: evidence(ranged ? SOURCES.tensorrtRange : SOURCES.tensorrt, [reading, shown(reading)]),
  };
  if (needs.trtVer === null && isWithoutTensorrt(question)) {
    return [notApplicable("compiler.trt-ver", path, "The model's files hold GPU code, but nothing of TensorRT")];
  }
  const judge = (library: Library) => judgeTensorrt({ wanted: wanted ?? [], ranged }, library);
  const finding = libraryFinding("TensorRT", statement, reading, judge, question);
  // For a target device, target.device reports the JetPack. AWS's list of releases applies to packages that it
  // describes.
  const jetson = job !== null && needs.gpu === "NEEDED" && needs.device === null && facts.jetson.state === "known";
  const pairs = knownPairFindings(question, "TensorRT", "compiler.trt-ver", path);
  return [finding, ...pairs, ...(jetson ? [jetpackFinding(question, "compiler.trt-ver", PATHS.trtVer)] : [])];
}

type Base = Omit<Statement, "because" | "actual">;
type KnownLibrary = Extract<Reading<Library>, { readonly state: "known" }>;

function libraryFinding(
  name: string,
  base: Base,
  reading: Reading<Library>,
  judge: (library: Library) => Judgement,
  question: Question,
): Finding {
  if (base.expected === null) {
    const actual = known(reading)?.version ?? null;
    const because = `${silent(question)} which ${name} the model needs${unreadNote(question)}`;
    return unknown({ ...base, actual }, because);
  }
  if (reading.state === "unreadable") {
    const because = `The model needs ${name} ${base.expected}, but this machine's could not be read: ${reading.why}`;
    return unknown({ ...base, actual: null }, because);
  }
  if (reading.state === "absent") return drift("BLOCKING", ...missing(name, base, reading));
  const judged = judge(reading.value);
  const statement = { ...base, actual: judged.actual };
  const because = judged.because + mark(name, reading, question.facts);
  if (judged.grade === "MATCH") return match(statement, because);
  return judged.grade === "UNKNOWN" ? unknown(statement, because) : drift(judged.grade, statement, because);
}

/** Name copies and empty files, since the owner may take them for the library. */
function missing(name: string, base: Base, { seen = [] }: Reading<Library>): [Statement, string] {
  const needs = `The model needs ${name} ${base.expected}`;
  if (seen.length === 0) {
    return [{ ...base, actual: "not installed" }, `${needs}, but ${name} is not installed on this machine`];
  }
  const copies = seen.slice(0, 3).map(({ from, value }) => `${from} (${value})`);
  const because = `${needs}, but the loader finds no ${name}: there is only ${copies.join(", ")}`;
  return [{ ...base, actual: "not found by the loader" }, because];
}

/** How certain the version is, for the end of the sentence. */
function mark(name: string, { confidence }: KnownLibrary, facts: DeviceFacts): string {
  if (confidence === "INFERRED") {
    const seen = facts[name === "CUDA" ? "cuda" : "tensorrt"];
    if (seen.state === "known") return ` (only headers or folder names tell it, no file of ${name} itself)`;
    return ` (${name} inferred from L4T ${known(facts.l4t)}, no file of it was seen: ${absence(seen)})`;
  }
  if (confidence === "DECLARED") return " (declared by the operator)";
  return confidence === "DISPUTED" ? " (other places say otherwise, see the evidence)" : "";
}

function shown(reading: Reading<Library>): string | null {
  const library = known(reading);
  if (library === null) return null;
  const others = library.installed.filter((installed) => installed.version !== library.version);
  const otherVersions = others.map(
    (installed) => `${installed.version}${installed.loadable === false ? " (not loadable)" : ""}`,
  );
  return otherVersions.length === 0 ? library.version : `${library.version}, beside it ${otherVersions.join(", ")}`;
}

/**
 * Whether the model has its own GPU code and no TensorRT module, in files that were all read: then it does not load
 * TensorRT.
 */
function isWithoutTensorrt({ model }: Question): boolean {
  return model !== null && model.unread.length === 0 && model.codes.length > 0;
}

/** Whether AWS documents a range of TensorRT versions for the GPU that the model runs on. */
function isRanged({ needs, facts }: Question): boolean {
  if (known(facts.arch) !== "X86_64" || needs.device !== null) return false;
  const gpu = fittingGpu(needs.codes, facts);
  const capability = parseCapability(gpu?.computeCapability ?? null);
  return capability !== null && capability.major < 8;
}
