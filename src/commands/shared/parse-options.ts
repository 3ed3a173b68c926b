import { parseArgs } from "node:util";
import { didYouMean, oneOfWords } from "../../base/did-you-mean.js";
import { UsageError } from "../../base/errors.js";
import type { Grammar, OptionSpec, Values } from "../help/spec.js";

/** A command line that matches its command's spec. */
interface Parsed<S extends Grammar> {
  readonly values: Values<S>;
  readonly positionals: readonly string[];
}

/** Whether a command line asks for help, whatever else it contains. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

/** Parses a command's options and arguments. Throws UsageError that names the first wrong one. */
export function parseOptions<const S extends Grammar>(args: readonly string[], spec: S): Parsed<S> {
  const given = new Map<string, Given[]>();
  const positionals: string[] = [];
  let spreading: Given[] | null = null;
  for (const token of tokensOf(args, spec)) {
    if (token.kind === "option") {
      const option = knownOption(spec, token.name, args[token.index] ?? token.rawName);
      const values = given.get(token.name) ?? [];
      values.push(parseValue(token.name, option, token));
      given.set(token.name, values);
      if (values.length > 1 && option.value !== undefined && option.multiple === undefined) {
        throw new UsageError(`Cannot use --${token.name} twice: it takes one value`);
      }
      spreading = option.spread && !token.inlineValue ? values : null;
    } else if (token.kind === "positional") {
      (spreading ?? positionals).push(token.value);
    } else {
      spreading = null;
    }
  }
  checkArguments(positionals, spec);
  checkTogether([...given.keys(), ...(positionals.length > 0 ? [argumentName(spec)] : [])], spec);
  const values = Object.entries(spec.options).map(([name, option]) => [name, settled(given.get(name), option)]);
  // The entries above match Values<S>, since both follow from the spec.
  return { values: Object.fromEntries(values) as Values<S>, positionals };
}

type Given = string | number | true;
type OptionToken = Extract<ReturnType<typeof tokensOf>[number], { readonly kind: "option" }>;

function tokensOf(args: readonly string[], spec: Grammar) {
  const options = Object.fromEntries(
    Object.entries(spec.options).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? "boolean" : "string", ...(short !== undefined && { short }) } as const,
    ]),
  );
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function knownOption(spec: Grammar, name: string, word: string): OptionSpec {
  const option = Object.hasOwn(spec.options, name) ? spec.options[name] : undefined;
  if (option !== undefined) return option;
  const written = word.replace(/=.*/s, "");
  const known = [...Object.keys(spec.options), "help"];
  const meant = didYouMean(written.replace(/^-+/, ""), known, (key) => `--${key}`);
  throw new UsageError(`Unknown option "${written}"${meant}`);
}

function parseValue(name: string, option: OptionSpec, { value, inlineValue }: OptionToken): Given {
  if (option.value === undefined) {
    if (value === undefined) return true;
    throw new UsageError(`Cannot use --${name}=${value}: --${name} takes no value`);
  }
  const needed = `--${name} needs a value: --${name} ${option.value}`;
  if (value === undefined || value === "") throw new UsageError(needed);
  if (!inlineValue && value.length > 1 && value.startsWith("-")) {
    throw new UsageError(`${needed} (with "=" where it begins with "-": --${name}=${value})`);
  }
  return checkValue(name, option, value);
}

function checkValue(name: string, { choices, range }: OptionSpec, value: string): string | number {
  if (choices !== undefined && !choices.includes(value)) {
    throw new UsageError(`Cannot use --${name} "${value}": must be ${oneOfWords(choices, value)}`);
  }
  if (range === undefined) return value;
  const [least, most] = range;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
  if (number >= least && number <= most) return number;
  throw new UsageError(`Cannot use --${name} "${value}": must be a whole number from ${least} to ${most}`);
}

function checkArguments(positionals: readonly string[], spec: Grammar): void {
  const [first, second] = positionals;
  if (spec.arguments === undefined) {
    if (first !== undefined) throw new UsageError(`Unexpected argument "${first}": ${spec.name} takes none`);
    return;
  }
  const { name, required, choices } = spec.arguments;
  if (required && first === undefined) throw new UsageError(`${spec.name} needs ${name}`);
  if (!name.endsWith("…") && second !== undefined) {
    throw new UsageError(`Unexpected argument "${second}": ${spec.name} takes one ${name}`);
  }
  const wrong = choices === undefined ? undefined : positionals.find((each) => !choices.includes(each));
  if (choices !== undefined && wrong !== undefined) {
    throw new UsageError(`Unknown ${name} "${wrong}": must be ${oneOfWords(choices, wrong)}`);
  }
}

/** Checks that the given options may be used together, and that no required one is missing. */
function checkTogether(given: readonly string[], spec: Grammar): void {
  for (const conflict of spec.conflicts ?? []) {
    const [one, other] = conflict.filter((name) => given.includes(name)).map((name) => shown(name, spec));
    if (other !== undefined) throw new UsageError(`Cannot use ${one} together with ${other}`);
  }
  for (const [name, { required, needs = [] }] of Object.entries(spec.options)) {
    if (!given.includes(name)) {
      if (required) throw new UsageError(`${spec.name} needs ${withValue(name, spec)}`);
      continue;
    }
    const missing = needs.find((need) => !given.includes(need));
    if (missing !== undefined) throw new UsageError(`--${name} needs ${withValue(missing, spec)}`);
  }
}

function withValue(name: string, spec: Grammar): string {
  const value = spec.options[name]?.value;
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function shown(name: string, spec: Grammar): string {
  return Object.hasOwn(spec.options, name) ? `--${name}` : name;
}

/** `FILE` of `FILE…`. */
function argumentName(spec: Grammar): string {
  const { name = "" } = spec.arguments ?? {};
  return name.endsWith("…") ? name.slice(0, -1) : name;
}

function settled(given: readonly Given[] | undefined, option: OptionSpec): unknown {
  if (option.value === undefined) return given !== undefined;
  if (given === undefined) return option.default;
  return option.multiple ? given : given[0];
}
