import type { CompletedExamination } from "../../src/agent/newest-good.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import type { CompleteReport } from "../../src/report/report.js";
import { someReport, unnumbered } from "../report/builders.js";

/** What a check with these settings found: one report for each given, or one ordinary. */
export function someResult(
  settings: Readonly<Record<string, unknown>> = {},
  over: Partial<CompletedExamination> & { readonly reported?: readonly Partial<CompleteReport>[] } = {},
): CompletedExamination {
  const { reported = [{}], ...rest } = over;
  return {
    kind: "done",
    settings: parseSettings(settings),
    nextChecks: [],
    modelFiles: [],
    reports: reported.map((one) => ({ report: unnumbered(someReport(one)), content: "the same" })),
    shadow: null,
    log: [],
    ...rest,
  };
}
