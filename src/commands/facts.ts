import { detectFacts } from "../device/detect.js";
import { readDropIns } from "../device/drop-ins.js";
import { renderFacts } from "../device/render-facts.js";
import { summarize } from "../device/summary.js";
import { FACTS } from "./help/specs/facts.js";
import type { Command } from "./shared/command.js";
import { hostAt } from "./shared/host-at.js";
import { parseOptions } from "./shared/parse-options.js";
import { progress, withProgress } from "./shared/progress-bar.js";
import { printProblem, textStyle } from "./shared/terminal.js";

/** `packdrift facts`: the facts of this machine, or of the one whose files are under `--root` or in a snapshot. */
export const facts: Command = async (args, terminal) => {
  const { values } = parseOptions(args, FACTS);
  const shown = progress(terminal, "Reading files", null);
  const host = withProgress(hostAt(values.root), shown);
  const { declared, problems } = readDropIns(host);
  for (const problem of problems) printProblem(terminal, problem);
  const found = detectFacts(host, declared);
  shown.end();
  terminal.out(
    values.json ? `${JSON.stringify(summarize(found), null, 1)}\n` : renderFacts(found, textStyle(terminal)),
  );
  return 0;
};
