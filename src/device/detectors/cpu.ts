import type { Cpu, Reading } from "../facts.js";
import type { Host } from "../host.js";
import { NOT_COPIED } from "../own-machine.js";
import { cleanText } from "../sightings.js";
import { armCore } from "../tables/arm-cores.js";

const CPUINFO = "/proc/cpuinfo";
// Enough for 512 threads of x86.
const CPUINFO_BYTES = 4 * 1024 * 1024;

/**
 * Name, cores, and the features that every core has (flags differ between big and little cores). Looks at:
 * /proc/cpuinfo.
 */
export function detectCpu(host: Host): Reading<Cpu> {
  const text = host.text(CPUINFO, CPUINFO_BYTES);
  if (text.state === "absent") return { state: "unreadable", from: CPUINFO, why: NOT_COPIED };
  if (text.state === "unreadable") return { state: "unreadable", from: CPUINFO, why: text.why };
  const cpu = parseCpuinfo(text.value);
  if (!cpu) return { state: "unreadable", from: CPUINFO, why: "describes no processor" };
  return { state: "known", value: cpu, from: CPUINFO, confidence: "FIRM" };
}

/** The cores' `implementer/part` pairs in the order of /proc/cpuinfo, each once; empty off ARM. */
export function coreParts(text: string): string[] {
  const parts = new Set<string>();
  let implementer: string | null = null;
  for (const [, key, value = ""] of text.matchAll(/^CPU (implementer|part)\s*:\s*(0x[0-9a-fA-F]{1,4})\s*$/gm)) {
    if (key === "implementer") implementer = value.toLowerCase();
    else if (implementer !== null) parts.add(`${implementer}/${value.toLowerCase()}`);
  }
  return [...parts];
}

/** Parses /proc/cpuinfo; null if it describes no processor. Without features, no line lists any. */
export function parseCpuinfo(text: string): Cpu | null {
  const cores = text.match(/^processor\s*:\s*\d+\s*$/gm)?.length ?? 0;
  const lists = new Set([...text.matchAll(/^(?:flags|Features)[ \t]*:[ \t]*(.*)$/gm)].map(([, flags = ""]) => flags));
  const parts = coreParts(text);
  const model = cleanText(/^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? "");
  if (cores === 0 && lists.size === 0 && parts.length === 0) return null;
  return {
    name: parts.length > 0 ? coreNames(parts, model) : model || null,
    cores: cores || null,
    part: parts[0] ?? null,
    features: commonFeatures([...lists]),
  };
}

/** Names of all kinds of cores, the fastest kind first: `Cortex-X925 + Cortex-A725`. */
function coreNames(parts: readonly string[], model: string): string | null {
  const cores = parts.flatMap((part) => armCore(part) ?? []);
  if (cores.length === parts.length) {
    return [...cores]
      .sort((a, b) => b.rank - a.rank || (a.part < b.part ? -1 : 1))
      .map(({ name }) => name)
      .join(" + ");
  }
  // "ARMv8 Processor rev 1 (v8l)" names the architecture, not the core.
  return model === "" || /^(?:ARM|AArch64)/i.test(model) ? null : model;
}

function commonFeatures(lists: readonly string[]): string[] {
  const [first = [], ...others] = lists.map((list) => list.split(/\s+/).filter((flag) => flag !== ""));
  const sets = others.map((flags) => new Set(flags));
  return [...new Set(first)].filter((flag) => sets.every((set) => set.has(flag))).sort();
}
