import { interpolateValue, type RecipeVariables } from "./interpolate.js";

/**
 * Setenv as nucleus lite's runner writes it, one `export` a line for the shell. Release 2.6.0 puts no quotes around a value and
 * a backslash before `"`, `\`, `$` and a backtick; later commits (from 9b4b7622 on) write it in single quotes.
 */
export function setenvExports(
  setenv: readonly (readonly [string, string])[],
  variables: RecipeVariables,
  quoted: boolean,
): string {
  return setenv
    .map(([name, written]) => {
      const value = interpolateValue(written, variables);
      return `export ${name}=${quoted ? `'${value.replaceAll("'", "'\\''")}'` : value.replace(/["\\$`]/g, "\\$&")}\n`;
    })
    .join("");
}
