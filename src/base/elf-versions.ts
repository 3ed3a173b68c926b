import { type ElfHeader, fieldsAt, type Slices } from "./elf-fields.js";
import { compareVersionTexts } from "./version.js";

/** The symbol versions that a file needs from one library: `libc.so.6` and `GLIBC_2.27`. */
export interface VersionNeed {
  readonly library: string;
  readonly versions: readonly string[];
}

/** The names of symbol versions. A GLIBC version has two parts; a third one is a patch level, which does not count. */
const FAMILIES = {
  GLIBC: /^GLIBC_(\d{1,3}\.\d{1,3})(?:\.\d{1,3})?$/,
  GLIBCXX: /^GLIBCXX_(\d{1,3}(?:\.\d{1,3}){1,3})$/,
} as const;
export type VersionFamily = keyof typeof FAMILIES;

/** The version in a symbol version's name, `2.27` of `GLIBC_2.27`; null for names of other families. */
export function symbolVersion(name: string, family: VersionFamily): string | null {
  return FAMILIES[family].exec(name)?.[1] ?? null;
}

/** The newest version of a family among the names; null if there is none. */
export function newestVersion(names: readonly string[], family: VersionFamily): string | null {
  const versions = names.flatMap((name) => symbolVersion(name, family) ?? []);
  return versions.sort(compareVersionTexts).at(-1) ?? null;
}

const MOST_LIBRARIES = 512;
const MOST_VERSIONS = 4096;

/** Access to a file's version tables; `name` reads the name at an offset of the string table. */
export interface VersionTables {
  readonly slices: Slices;
  readonly header: ElfHeader;
  name(at: number): string | null;
}

/** Elf_Verneed and its Elf_Vernaux entries, chained by relative offsets; the same in both widths. */
export function readVersionNeeds(
  { slices, header, name }: VersionTables,
  start: number | null,
  count: number,
): VersionNeed[] {
  const needs: VersionNeed[] = [];
  let left = MOST_VERSIONS;
  for (let at = start, file = 0; at !== null && file < Math.min(count, MOST_LIBRARIES); file++) {
    const need = fieldsAt(slices, header, at, 16);
    if (!need) break;
    const library = name(need.int(4));
    const versions: string[] = [];
    for (let aux = at + need.int(8), i = 0; i < need.half(2) && left > 0; i++, left--) {
      const entry = fieldsAt(slices, header, aux, 16);
      if (!entry) break;
      const version = name(entry.int(8));
      if (version !== null) versions.push(version);
      if (entry.int(12) === 0) break;
      aux += entry.int(12);
    }
    if (library !== null) needs.push({ library, versions });
    at = need.int(12) === 0 ? null : at + need.int(12);
  }
  return needs;
}

/** Elf_Verdef: the first of its names is the version. */
export function readDefinitions(
  { slices, header, name }: VersionTables,
  start: number | null,
  count: number,
): string[] {
  const found: string[] = [];
  for (let at = start, i = 0; at !== null && i < Math.min(count, MOST_VERSIONS); i++) {
    const definition = fieldsAt(slices, header, at, 20);
    if (!definition) break;
    const aux = fieldsAt(slices, header, at + definition.int(12), 8);
    const version = aux && name(aux.int(0));
    if (version) found.push(version);
    at = definition.int(16) === 0 ? null : at + definition.int(16);
  }
  return found;
}
