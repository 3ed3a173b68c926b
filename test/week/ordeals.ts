import { join } from "node:path";
import type { Nucleus } from "../../src/lab/nucleus.js";
import { JOB, MODEL, TOP } from "../flows/flow-parts.js";
import type { Cloud } from "./cloud.js";
import type { Ordeal } from "./judge.js";

/** What the device of a simulated week is made of. */
export interface Device {
  readonly nucleus: Nucleus;
  readonly cloud: Cloud;
  readonly archive: string;
  /** Changes the component's configuration; time stands still until it has been checked. */
  configure(configuration: object): void;
}

/** Something that happens in the week; `undo` when it is over. */
export interface Happening extends Ordeal {
  readonly begin: (device: Device) => unknown;
  readonly undo?: (device: Device) => unknown;
}

export const FILE_SOURCE = { type: "file", path: join(TOP, "src/lab/jobs/x86-cpu-avx2.json") };

/** What befalls the device once, as shares of the whole time; the nucleus's restart comes first, so that one process lives the rest. */
export function ordeals(minutes: number): readonly Happening[] {
  const at = (share: number, name: string, rest: Omit<Happening, "name" | "minute" | "untilMinute">): Happening => {
    const minute = Math.round(minutes * share);
    return { name, minute, untilMinute: minute + (rest.undo === undefined ? 0 : LASTS_MINUTES(minutes)), ...rest };
  };
  let stop: (() => void) | null = null;
  const set = (configuration: object) => (device: Device) => device.configure(configuration);
  return [
    {
      name: "the cloud acknowledges now and then only",
      minute: 0,
      untilMinute: minutes,
      explains: ["delivery.repeating"],
      begin: () => undefined,
    },
    at(0.03, "the nucleus is restarted", {
      explains: ["nucleus.lost", "nucleus.waiting", "report.kept"],
      begin: ({ nucleus }) => nucleus.restart(),
    }),
    at(0.25, "the subscriptions go deaf", {
      explains: ["subscriptions.deaf"],
      begin({ nucleus }) {
        stop = nucleus.suppressEvents("SubscribeToIoTCore");
      },
      undo: () => stop?.(),
    }),
    at(0.4, "jobs come from an archive over HTTP", {
      explains: [],
      begin: ({ configure, archive }) => configure({ source: { type: "archive", endpoint: archive } }),
      undo: set({ source: FILE_SOURCE }),
    }),
    at(0.5, "the device is offline", {
      explains: ["subscriptions.deaf", "report.kept", "delivery.resuming", "message.not-sent"],
      begin: ({ cloud }) => cloud.cut(true),
      undo: ({ cloud }) => cloud.cut(false),
    }),
    at(0.65, "the nucleus takes no messages", {
      explains: ["report.kept", "delivery.resuming", "message.not-sent"],
      begin({ nucleus }) {
        stop = nucleus.answerWith("PublishToIoTCore", { error: "ServiceError", message: "not now" });
      },
      undo: () => stop?.(),
    }),
    at(0.8, "the configuration is bad", {
      explains: ["configuration.refused"],
      begin: set({ logLevel: "loud" }),
      undo: set({ logLevel: "info" }),
    }),
  ];
}

/** An hour in a week. */
const LASTS_MINUTES = (minutes: number) => Math.max(6, Math.min(60, Math.round(minutes / 15)));

/** What happens again and again, by the minute: the model is deployed in other versions, requests come, the cloud acknowledges. */
export function routine(minute: number, minutes: number): readonly ("deploy" | "ask" | "acknowledge")[] {
  const every = (share: number) => minute % Math.max(10, Math.round(minutes / share)) === 0;
  return [
    ...(every(28) ? (["deploy"] as const) : []),
    ...(every(56) ? (["ask"] as const) : []),
    ...(every(168) ? (["acknowledge"] as const) : []),
  ];
}

/** The operator's word about the deployed version: one that fits the job, or one that does not. */
export const deployed = (fits: boolean) => ({ deployedVersion: [`${MODEL.name}=${fits ? MODEL.version : "5.0.0"}`] });

/** The configuration of the week's device: a check each minute. */
export const CONFIGURATION = {
  schedule: "* * * * *",
  jitterSeconds: "0",
  heartbeatHours: "1",
  jobs: [JOB],
  source: FILE_SOURCE,
  shadow: "true",
  localTopic: "packdrift/reports",
  ...deployed(true),
};
