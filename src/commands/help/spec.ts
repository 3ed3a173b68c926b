import type { CommandName } from "./summaries.js";

/** An option of a command. Parsing, help, completion and the reference pages all follow from it. */
export interface OptionSpec {
  /** Stands for its value in the usage: `FILE`. An option without it is a flag. */
  readonly value?: string;
  readonly short?: string;
  /** One clause, lower case, no full stop. */
  readonly what: string;
  /** It may be given several times. */
  readonly multiple?: true;
  /** The words after its value are further values, since a shell expands `--job *.json` to `--job a.json b.json`. */
  readonly spread?: true;
  readonly required?: true;
  readonly default?: string | number;
  /** The only values. */
  readonly choices?: readonly string[];
  /** A whole number, from the first to the second. */
  readonly range?: readonly [number, number];
  /** What a shell completes its value with if it has no `choices`. */
  readonly completes?: "file" | "folder";
  /** Options that must be given with it. */
  readonly needs?: readonly string[];
}

/** The positional arguments of a command line. */
export interface ArgumentSpec {
  /** `FILE`; `FILE…` where several may be given. */
  readonly name: string;
  readonly what: string;
  readonly required?: true;
  /** The only ones. */
  readonly choices?: readonly string[];
  readonly completes?: "file" | "folder";
}

/** What parseOptions must know of a command. */
export interface Grammar {
  /** `check`, `archive import`. */
  readonly name: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Without it the command takes none. */
  readonly arguments?: ArgumentSpec;
  /** Lists of options that cannot be used together; `FILE` means arguments of that name. */
  readonly conflicts?: readonly (readonly string[])[];
}

interface Example {
  readonly command: string;
  readonly what: string;
}

/** A command, or an action of one, as its users see it. */
export interface CommandSpec extends Grammar {
  /** One clause, lower case, no full stop. */
  readonly summary: string;
  /** The forms of the command line, each without `packdrift NAME`. */
  readonly usage: readonly string[];
  readonly examples: readonly Example[];
  /** The meaning of each exit code. */
  readonly exits: Readonly<Record<number, string>>;
  /** The page to read, from the top of the repository. */
  readonly page: string;
  /** Its actions, for a command that also does something itself: `fleet move`. */
  readonly actions?: readonly CommandSpec[];
}

/** A command that only has actions, `archive`. */
export interface GroupSpec {
  readonly name: CommandName;
  readonly summary: string;
  readonly actions: readonly CommandSpec[];
  readonly page: string;
}

type One<O> = O extends { readonly range: unknown }
  ? number
  : O extends { readonly choices: readonly (infer C)[] }
    ? C
    : string;
type Value<O> = O extends { readonly value: string }
  ? O extends { readonly multiple: true }
    ? readonly One<O>[]
    : One<O>
  : boolean;
type IsAlwaysThere<O> = O extends { readonly value: string }
  ? O extends { readonly required: true } | { readonly default: string | number }
    ? true
    : false
  : true;

/** The values of a command's options. */
export type Values<S extends Grammar> = {
  readonly [Name in keyof S["options"]]:
    | Value<S["options"][Name]>
    | (IsAlwaysThere<S["options"][Name]> extends true ? never : undefined);
};

/** The word that calls an action: `move` of `fleet move`. */
export function actionWord({ name }: { readonly name: string }, action: { readonly name: string }): string {
  return action.name.slice(name.length + 1);
}
