import { serveExaminer } from "../examiner/serve.js";
import { wireExaminer } from "../examiner/wiring.js";
import { EXAMINE } from "./help/specs/examine.js";
import type { Command } from "./shared/command.js";
import { parseOptions } from "./shared/parse-options.js";

/** `packdrift examine`: the short-lived process that makes one check for `run` (examiner/process.ts). */
export const examine: Command = async (args, terminal) => {
  const { values } = parseOptions(args, EXAMINE);
  const { root, work, "greengrass-root": greengrassRoot } = values;
  const serveRequest = wireExaminer({
    root,
    work,
    greengrassRoot,
    env: terminal.env,
    doctor: async (request, ask) =>
      (await import("./doctor/serve-doctor.js")).serveDoctor(request, ask, {
        root,
        work,
        greengrassRoot,
        env: terminal.env,
      }),
    forCheck: !values["no-check"],
  });
  await serveExaminer(process.stdin, process.stdout, serveRequest);
  return 0;
};
