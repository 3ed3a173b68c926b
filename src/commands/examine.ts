import { LAST_GOOD } from "../agent/work-folder.js";
import { serveExaminer } from "../examiner/serve.js";
import { wireExaminer } from "../examiner/wiring.js";
import { type Command, parseOptions } from "./shared/command.js";

const OPTIONS = {
  root: { type: "string" },
  work: { type: "string" },
  "greengrass-root": { type: "string" },
  "no-check": { type: "boolean" },
} as const;

/** `packdrift examine`: the short-lived process that makes one check for `run` (examiner/process.ts). */
export const examine: Command = async (args, terminal) => {
  const { values } = parseOptions(args, OPTIONS);
  const { root = "/", work = ".", "greengrass-root": greengrassRoot = "/greengrass/v2" } = values;
  const serveRequest = wireExaminer({
    root,
    work,
    greengrassRoot,
    lastGood: LAST_GOOD,
    env: terminal.env,
    forCheck: values["no-check"] !== true,
  });
  await serveExaminer(process.stdin, process.stdout, serveRequest);
  return 0;
};
