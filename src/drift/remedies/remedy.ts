import type { RuleId } from "../finding.js";

/** One fix for a finding. */
export interface Remedy {
  /** What to do, or `Nothing …` if nothing on this machine helps. */
  readonly change: string;
  /** What it changes and keeps, phrases that follow the change: `brings TensorRT 8.2.1`. */
  readonly effects: readonly string[];
  /** The rules that the job satisfies afterwards; empty if nothing helps. */
  readonly satisfies: readonly RuleId[];
  /** Jobs on the same device, or models without one, that it would keep from running, and why, to follow "which". */
  readonly breaks: readonly { readonly job: string; readonly isModel?: true; readonly because: string }[];
}

/** Rules that no change of software satisfies: as long as one of them blocks, other libraries do not help. */
export const HARDWARE_RULES: readonly RuleId[] = [
  "target.os",
  "target.arch",
  "target.device",
  "compiler.gpu-code",
  "compiler.mcpu",
  "compiler.mattr",
];

/** The remedy as one sentence without a full stop: the change, its effects, and the jobs that it breaks. */
export function renderRemedy({ change, effects, breaks }: Remedy): string {
  const does = effects.length === 0 ? change : `${change} ${list(effects)}`;
  const harm = breaks.map(({ job, isModel, because }) => `${isModel ? "model" : "job"} ${job}, which ${because}`);
  return harm.length === 0 ? does : `${does}${BREAKS}${list(harm)}`;
}

const BREAKS = "; it breaks ";

/** The jobs that a rendered remedy breaks, in its own words: `job gear-teeth, which wants TensorRT 7.1.3`; null if none. */
export function brokenBy(rendered: string): string | null {
  const at = rendered.indexOf(BREAKS);
  return at < 0 ? null : rendered.slice(at + BREAKS.length);
}

/** A change of the machine that satisfies these rules and breaks no other job. */
export function change(text: string, satisfies: readonly RuleId[], effects: readonly string[] = []): Remedy {
  return { change: text, effects, satisfies, breaks: [] };
}

/** Nothing on this machine helps, and why. */
export function nothing(why: string): Remedy {
  return { change: `Nothing on this machine helps: ${why}`, effects: [], satisfies: [], breaks: [] };
}

/** Texts joined as in a sentence: `a, b and c`. */
export function list(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts[texts.length - 1]}`;
}

/** The only way left to build a package, since the service no longer makes any. */
export function neoBuild(target: string): Remedy {
  return change(
    `Replace the model component with one compiled with SageMaker Neo for ${target}: Lookout for Vision no longer packages models`,
    [],
  );
}
