import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { START_PAGE, WRONG_USE } from "./shared-options.js";

/** As the lab's own table has them (lab/fleet/scenes.ts). */
const SCENES = [
  "jetpack-upgrade",
  "driver-upgrade",
  "silent",
  "hole",
  "named-gap",
  "forged",
  "broker-outage",
  "state-lost",
  "returns",
] as const;

export const LAB = {
  name: "lab",
  summary: SUMMARIES.lab,
  usage: ["[--once] [--job FILE…] [OPTION]…", "--fleet N [--scene NAME]… [--speed N] [OPTION]…"],
  options: {
    once: { what: "end after the first report about each job" },
    job: {
      value: "FILE",
      multiple: true,
      spread: true,
      completes: "file",
      what: 'check these jobs, not the samples; "none": a model without a job',
    },
    root: { value: "DIR", completes: "folder", what: 'read this folder as if it were "/"' },
    broker: { value: "URL", what: "use this MQTT broker, not one of its own" },
    nucleus: {
      value: "KIND",
      choices: ["classic", "lite"],
      default: "classic",
      what: "the Greengrass nucleus to imitate",
    },
    fleet: { value: "N", range: [1, 20_000], what: "add this many virtual devices and the fleet's page" },
    scene: { value: "NAME", multiple: true, choices: SCENES, needs: ["fleet"], what: "play this scene in the fleet" },
    speed: { value: "N", range: [1, 86_400], needs: ["fleet"], what: "the speed of the fleet's clock; 1 if left out" },
    port: { value: "N", range: [0, 65_535], needs: ["fleet"], what: "the page's port; any free one if left out" },
    json: { what: "write one line of JSON for each message" },
  },
  examples: [
    { command: "lab", what: "until Ctrl-C" },
    { command: "lab --fleet 20 --scene jetpack-upgrade", what: "a small factory, and what an upgrade does to it" },
  ],
  exits: { 0: "in sync", 1: "drifted", 2: "could not tell", 3: WRONG_USE },
  page: START_PAGE,
} as const satisfies CommandSpec;
