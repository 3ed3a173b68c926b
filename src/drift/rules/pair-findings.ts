import { compareVersions, parseVersion, type Version, versionText } from "../../base/version.js";
import { type DeviceFacts, type Gpu, known } from "../../device/facts.js";
import { KNOWN_PAIRS, type KnownPair, SOURCES as PAIR_SOURCES } from "../../device/tables/known-pairs.js";
import type { Finding, RuleId } from "../finding.js";
import { fittingGpu, gpusOf } from "../gpu-codes.js";
import { libraryReading } from "../library-judgement.js";
import { drift, evidence, type Question } from "../make-finding.js";

/** Findings about this machine's library and a GPU or module on which it is known not to work. */
export function knownPairFindings(
  question: Question,
  library: KnownPair["library"],
  rule: RuleId,
  path: string,
): Finding[] {
  const { facts, needs } = question;
  if (needs.gpu !== "NEEDED") return [];
  const reading = libraryReading(facts, library === "CUDA" ? "cuda" : "tensorrt");
  const text = known(reading)?.version ?? "";
  const version = parseVersion(text);
  if (version === null) return [];
  return knownPairs(question, library, version).map((pair) => {
    const where = subjectOf(question, pair);
    const statement = {
      rule,
      path,
      expected: `${library} that works on the ${where}`,
      actual: `${library} ${text}`,
      evidence: [...evidence(PAIR_SOURCES[pair.source] ?? pair.source, [reading, text], [facts.gpus, where])],
    };
    const found = drift(pair.severity, statement, `On the ${where}, ${library} ${text} ${pair.effect}`);
    return { ...found, remedy: [pair.fix] };
  });
}

/** The rows about this version on this machine. */
function knownPairs({ facts, needs }: Question, library: KnownPair["library"], version: Version): readonly KnownPair[] {
  const fitting = fittingGpu(needs.codes, facts);
  const usable = (gpusOf(facts) ?? []).filter((gpu) => gpu.usable);
  const gpu = fitting ?? (usable.length === 1 ? usable[0] : undefined);
  return KNOWN_PAIRS.filter(
    (pair) => pair.library === library && isWithin(version, pair) && (isGpu(gpu, pair) || isModule(facts, pair)),
  );
}

/** 8.2.1.9 is NVIDIA's patch of 8.2.1.8: if the fourth part is known, it is not affected. */
function isWithin(version: Version, { from, to }: KnownPair): boolean {
  const [first, last] = [parseVersion(from) ?? [], parseVersion(to)];
  if (compareVersions(version, first) < 0) return false;
  return last === null || compareVersions(version.slice(0, last.length), last) <= 0;
}

function isGpu(gpu: Gpu | undefined, { capabilities }: KnownPair): boolean {
  const capability = gpu?.computeCapability ?? null;
  if (capability === null || capabilities === undefined) return false;
  return capabilities.some((one) => (one.endsWith(".") ? capability.startsWith(one) : capability === one));
}

function isModule(facts: DeviceFacts, { modules, product }: KnownPair): boolean {
  const jetson = known(facts.jetson);
  if (jetson === null || modules === undefined) return false;
  if (jetson.module !== null) return modules.includes(jetson.module);
  const memory = known(facts.memory)?.totalBytes ?? 0;
  return (
    product !== undefined && jetson.product?.startsWith(product.name) === true && memory >= product.leastMemoryBytes
  );
}

function subjectOf({ facts, needs }: Question, pair: KnownPair): string {
  const jetson = known(facts.jetson);
  if (pair.modules !== undefined && jetson !== null) {
    return [jetson.product, jetson.module, pair.product ? "16 GB" : null].filter((part) => part !== null).join(" ");
  }
  const gpu = fittingGpu(needs.codes, facts) ?? gpusOf(facts)?.find((one) => one.usable);
  const name = gpu?.name ?? gpu?.chip ?? "GPU";
  return `${name} (compute capability ${versionText(parseVersion(gpu?.computeCapability ?? null) ?? [], 2)})`;
}
