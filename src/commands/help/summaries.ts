/** A clause about each command, for the overview of `packdrift --help`. */
export const SUMMARIES = {
  check: "compare this machine with its packaging job, once",
  preflight: "tell which jobs will run on which machines",
  facts: "show the facts of this machine",
  model: "show what a packaged model's own files say",
  snapshot: "pack the files behind the facts, to read them elsewhere",
  verify: "check that saved reports are unchanged and complete",
  doctor: "check everything packdrift needs here, and say what to do",
  config: "check a configuration file, and explain what it means",
  run: "run as the Greengrass component, or as a service over MQTT",
  lab: "try it all on this machine: nucleus, broker, component, fleet",
  archive: "store packaging jobs and answer for them as the service did",
  fleet: "receive, store and show the reports of many devices",
  completion: "write the completion for bash, zsh or fish",
} as const;

export type CommandName = keyof typeof SUMMARIES;
export const COMMAND_NAMES: readonly string[] = Object.keys(SUMMARIES);
