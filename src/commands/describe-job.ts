import { runDescribeTask } from "../adapters/describe-apart.js";
import { lookoutVisionJobs } from "../adapters/lookoutvision.js";
import type { Command } from "./command.js";

/** `packdrift describe-job`: the short-lived process in which `run` and `check` ask the API (adapters/describe-apart.ts). */
export const describeJob: Command = async () => {
  await runDescribeTask(process.stdin, process.stdout, (settings) => lookoutVisionJobs(settings, Date.now));
  // The client may keep sockets open.
  process.exit(0);
};
