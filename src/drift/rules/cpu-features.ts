import { compareVersions, parseVersion } from "../../base/version.js";
import type { Arch, Cpu } from "../../device/facts.js";
import { known } from "../../device/facts.js";
import { PATHS } from "../../job/requirements.js";
import type { Finding } from "../finding.js";
import { llvmFeature } from "../llvm-features.js";
import { drift, evidence, match, notApplicable, type Question, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";
import { processor } from "../tables.js";

/** `compiler.mcpu`: every feature of the processor that the model was compiled for. */
export function compilerMcpu(question: Question): Finding {
  const { needs, facts, job } = question;
  const path = needs.mcpu?.path ?? PATHS.mcpu;
  if (needs.mcpu === null) {
    if (job === null) return notApplicable("compiler.mcpu", path, NOT_IN_FILES);
    if (needs.gpu === "NOT_NEEDED" && job.targetPlatform?.arch === "X86_64") {
      const because =
        "The compiler options could not be read, so the processor that the model was compiled for is not known";
      return unknown({ rule: "compiler.mcpu", path, expected: null, actual: null, evidence: [] }, because);
    }
    return notApplicable("compiler.mcpu", path, "The job asks for no particular processor");
  }
  const name = needs.mcpu.value;
  const cpu = known(facts.cpu);
  const statement = {
    rule: "compiler.mcpu" as const,
    path,
    expected: name,
    actual: cpu && (cpu.name ?? "a processor without a name"),
    evidence: evidence(SOURCES.mcpu, [facts.cpu, cpu && describe(cpu)]),
  };
  const wanted = processor(name);
  if (wanted === null) return unknown(statement, `No table lists the features of the processor "${name}"`);
  if (cpu === null) return unknown(statement, `This machine's processor could not be read${why(question)}`);
  const meaning = needs.mcpu.basis === "SERVICE_DEFAULT" ? `${name}, the service's default` : name;
  const arch = known(facts.arch);
  if (wanted.arch !== null && arch !== null && arch !== wanted.arch) {
    return drift(
      "BLOCKING",
      statement,
      `The model is compiled for ${meaning}, which is an ${wanted.arch} processor, but this machine is ${arch}`,
    );
  }
  const missing = wanted.features.filter((feature) => !cpu.features.includes(feature));
  if (missing.length === 0) {
    return match(statement, `This processor has every feature of ${meaning}`);
  }
  const because = `The model is compiled for ${meaning}, but this processor lacks ${missing.join(", ")}`;
  if (missing.every((feature) => isWeak(feature, question))) return unknown(statement, `${because}${WEAK}`);
  return drift("BLOCKING", statement, because);
}

/** `compiler.mattr`: every feature that the options enable; one finding for all. */
export function compilerMattr(question: Question): Finding {
  const { job, needs, facts } = question;
  if (job === null) return notApplicable("compiler.mattr", PATHS.mattr, NOT_IN_FILES);
  if (needs.mattr === null)
    return notApplicable("compiler.mattr", PATHS.mattr, "The job asks for no processor features");
  const cpu = known(facts.cpu);
  const arch = known(facts.arch);
  const statement = {
    rule: "compiler.mattr" as const,
    path: needs.mattr.path,
    expected: needs.mattr.value.join(", "),
    actual: null as string | null,
    evidence: evidence(SOURCES.mattr, [facts.cpu, cpu && describe(cpu)]),
  };
  if (cpu === null) return unknown(statement, `This machine's processor could not be read${why(question)}`);
  const answers = needs.mattr.value.map((flag) => answerFlag(flag, cpu, arch, question));
  const lacking = answers.filter((answer) => answer.has === "NO").map((answer) => answer.flag);
  const doubtful = answers.filter((answer) => answer.has === "UNKNOWN");
  if (lacking.length > 0) {
    const because = `The model uses ${lacking.join(", ")}, which this processor lacks`;
    return drift("BLOCKING", { ...statement, actual: `without ${lacking.join(", ")}` }, because);
  }
  if (doubtful.length > 0) {
    const because = `Whether this processor has ${doubtful.map((answer) => answer.flag).join(", ")} is not known: ${doubtful[0]?.why}`;
    return unknown(statement, because);
  }
  return match({ ...statement, actual: statement.expected }, "This processor has every feature that the model uses");
}

/** Compilers do not record the target processor in a library, so without a description there is nothing to compare. */
const NOT_IN_FILES = "Only a description says which processor a model was compiled for: its files do not";

interface FlagAnswer {
  readonly flag: string;
  readonly has: "YES" | "NO" | "UNKNOWN";
  readonly why: string;
}

function answerFlag(flag: string, cpu: Cpu, arch: Arch | null, question: Question): FlagAnswer {
  const name = flag.replace(/^[+-]/, "");
  // The processor need not have a feature that the options disable.
  if (flag.startsWith("-")) return { flag: name, has: "YES", why: "" };
  const meanings = llvmFeature(name);
  if (meanings.length === 0) return { flag: name, has: "UNKNOWN", why: `no table has the feature "${name}"` };
  if (arch === null) return { flag: name, has: "UNKNOWN", why: "the machine's architecture is not known" };
  const meaning = meanings.find((one) => one.arch === arch);
  if (meaning === undefined) return { flag: name, has: "NO", why: "" };
  const missing = meaning.linux.filter((feature) => !cpu.features.includes(feature));
  if (missing.length === 0) return { flag: name, has: "YES", why: "" };
  const weak = missing.every((feature) => isWeak(feature, question));
  return { flag: name, has: weak ? "UNKNOWN" : "NO", why: "this kernel is too old to list it" };
}

const WEAK = ", but this machine's kernel is too old to list them, so it may have them";

/** What ARM kernels list from 4.9 on; seen on Carmel, whose 5.10 kernel lists more than its 4.9 kernel. */
const LISTED_EARLY: readonly string[] = [
  "fp",
  "asimd",
  "evtstrm",
  "aes",
  "pmull",
  "sha1",
  "sha2",
  "crc32",
  "atomics",
  "fphp",
  "asimdhp",
];

/** From this release on, an ARM kernel lists every feature in the tables. */
const FULL_LIST_SINCE = [5, 10];

/** Whether a feature that is not listed may exist all the same: ARM kernels before 5.10 do not list all. */
function isWeak(feature: string, { facts }: Question): boolean {
  if (known(facts.arch) !== "ARM64" || LISTED_EARLY.includes(feature)) return false;
  const release = /^(\d+)\.(\d+)/.exec(known(facts.kernelRelease) ?? "");
  const kernel = release && parseVersion(release[0]);
  return !kernel || compareVersions(kernel, FULL_LIST_SINCE) < 0;
}

function why({ facts }: Question): string {
  return facts.cpu.state === "unreadable" ? `: ${facts.cpu.why}` : "";
}

function describe(cpu: Cpu): string {
  return `${cpu.name ?? "processor"} with ${cpu.features.length} features`;
}
