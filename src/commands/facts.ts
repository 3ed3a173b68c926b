import { UsageError } from "../base/errors.js";
import { detectFacts } from "../device/detect.js";
import { readDropIns } from "../device/drop-ins.js";
import { renderFacts } from "../device/render-facts.js";
import { summarize } from "../device/summary.js";
import { type Command, parseOptions, printProblem, textStyle } from "./shared/command.js";
import { hostAt } from "./shared/host-at.js";

/** `packdrift facts`: the facts of this machine, or of the one whose files are under `--root` or in a snapshot. */
export const facts: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, { root: { type: "string" }, json: { type: "boolean" } });
  if (positionals.length > 0) throw new UsageError(`facts: unexpected argument "${positionals[0]}"`);
  const host = hostAt(values.root);
  const { declared, problems } = readDropIns(host);
  for (const problem of problems) printProblem(terminal, problem);
  const found = detectFacts(host, declared);
  terminal.out(
    values.json ? `${JSON.stringify(summarize(found), null, 1)}\n` : renderFacts(found, textStyle(terminal)),
  );
  return 0;
};
