import { PATHS } from "../../job/requirements.js";
import type { Finding } from "../finding.js";
import { drift, match, NO_DESCRIPTION, notApplicable, type Question, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";

/**
 * `compiler.options`: whether the options could be read and are complete. Other rules check what single options
 * require.
 */
export function compilerOptions({ job, needs }: Question): Finding {
  if (job === null) return notApplicable("compiler.options", PATHS.options, NO_DESCRIPTION);
  const options = job.compilerOptions;
  const lacking = missingFor(needs.gpu === "NEEDED" && needs.device === null, [
    ["gpu-code", options.gpuCode],
    ["trt-ver", options.trtVer],
    ["cuda-ver", options.cudaVer],
  ]);
  const text = options.text === null ? "none" : onOneLine(options.text);
  const statement = {
    rule: "compiler.options" as const,
    path: PATHS.options,
    expected: needs.gpu === "NEEDED" && needs.device === null ? "gpu-code, trt-ver and cuda-ver" : null,
    actual: text,
    evidence: [
      { from: "job CompilerOptions", value: text },
      { from: "rule", value: SOURCES.settings },
    ],
  };
  if (options.form === "unparseable") {
    return unknown(statement, `The compiler options could not be read: ${options.problems[0] ?? "they are not JSON"}`);
  }
  if (options.problems.length > 0) {
    return unknown(statement, `The compiler options could be read only in part: ${options.problems.join("; ")}`);
  }
  if (lacking.length > 0) {
    const because = `A job for an NVIDIA platform states gpu-code, trt-ver and cuda-ver, but this one lacks ${lacking.join(" and ")}, so what the model needs is not known in full`;
    return drift("ERROR", statement, because);
  }
  if (options.form === "none") {
    const because =
      needs.device === null
        ? "A CPU job may leave the compiler options out"
        : "The target device stands for the compiler options";
    return notApplicable("compiler.options", PATHS.options, because);
  }
  const notes = [
    options.form === "tolerated" ? "they are not valid JSON but could be read" : "",
    needs.device === null ? "" : "they stand beside a target device, as in jobs of the preview, and count",
    Object.keys(options.other).length > 0 ? `not compared: ${onOneLine(Object.keys(options.other).join(", "))}` : "",
  ].filter((note) => note !== "");
  const because = ["The compiler options were read", ...notes].join("; ");
  return match(statement, because);
}

/** As the caller wrote them, but made safe for one line of a report or of a terminal. */
function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

function missingFor(needed: boolean, options: readonly (readonly [string, string | null])[]): string[] {
  return needed ? options.filter(([, value]) => !value).map(([name]) => name) : [];
}
