import { readdirSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../../base/errors.js";

/**
 * The versions of a component in Greengrass's package store, in alphabetical order. The previous version stays there for a
 * rollback, so with two versions it is not known which one runs.
 * Looks at: `<root>/packages/artifacts/<name>`, `<root>/packages/artifacts-unarchived/<name>`.
 */
export function artifactVersions(
  greengrassRoot: string,
  component: string,
): { readonly folder: string; readonly versions: readonly string[]; readonly problem: string | null } {
  const folder = join(greengrassRoot, "packages/artifacts", component);
  const found = new Set<string>();
  let problem: string | null = null;
  // The job's parser has already checked that the name has no slash and is not "..".
  if (!/^(?!\.+$)[\w.-]{1,128}$/.test(component)) return { folder, versions: [], problem: "not a component name" };
  for (const place of [folder, join(greengrassRoot, "packages/artifacts-unarchived", component)]) {
    try {
      for (const entry of readdirSync(place, { withFileTypes: true })) {
        if (entry.isDirectory() && /^\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(entry.name)) found.add(entry.name);
      }
    } catch (error) {
      const code = codeOf(error);
      if (code !== "ENOENT") problem = `${place}: ${code}`;
    }
  }
  return { folder, versions: [...found].sort(), problem };
}
