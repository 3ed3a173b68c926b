import type { JsonObject } from "../base/json.js";
import { shown } from "./messages.js";
import {
  choice,
  flagOrText,
  listOrItem,
  listOrMap,
  nullIfMissing,
  orMissing,
  type SettingShape,
  wholeOrText,
} from "./setting-shape.js";
import type { Settings } from "./settings.js";
import {
  absolutePath,
  cron,
  DAMPING_MEMBERS,
  damping,
  deployedSource,
  JOB_MEMBERS,
  job,
  localTopic,
  mqtt,
  namespace,
  socket,
  source,
  topicPrefix,
  WAIVER_MEMBERS,
  waiver,
} from "./shapes.js";

interface Row<T> {
  /** The type, as the page of settings shows it. */
  readonly type: string;
  readonly shape: SettingShape<T>;
  readonly fallback: T;
  /** Whether a change takes effect without a restart of the component. */
  readonly live: boolean;
  readonly doc: string;
}

/** Type, parser, default and documentation of each setting, in the order of the page of settings. */
export const TABLE: { readonly [K in keyof Settings]: Row<Settings[K]> } = {
  jobs: {
    type: "list, or map by any names, of {project, job}, {project, component}, {component}, {compilationJob} or {compilationJob, component}",
    shape: listOrMap(job, JOB_MEMBERS),
    fallback: [],
    live: true,
    doc: "The packaging jobs and models to check this device against; if left out, every packaged model on it. `{project, component}`: the job that made the version deployed here. `{component}`: that model's own files. `{compilationJob}`: a job of SageMaker Neo, for `source: {type: sagemaker}`; `component` beside it is the one that holds what the job compiled. In a map a deployment can merge or (with `null`) remove a single entry; nucleus lite stores lists only up to 1,024 bytes of JSON, and sends at most 41 jobs of a map.",
  },
  source: {
    type: "{type: auto | api | archive | file | model | sagemaker, endpoint, region, path}",
    shape: source,
    fallback: { type: "auto", endpoint: null, region: null, path: null },
    live: true,
    doc: "Where job descriptions are read. `auto`: the file at `path` and the archive at `endpoint` if they are set, else the API of Amazon Lookout for Vision, which ended on 2025-10-31 and is asked only once a day after it was found gone; then the last good copy, then the model's own files; compilation jobs come from SageMaker if neither is set. `file`: a saved answer, or a folder with `<project>/<job>.json`. `model`: no descriptions, only the model's files. `sagemaker`: compilation jobs of SageMaker Neo.",
  },
  schedule: {
    type: "cron expression, UTC",
    shape: cron,
    fallback: "0 */6 * * *",
    live: true,
    doc: "When to check, in addition to every start.",
  },
  jitterSeconds: {
    type: "whole number, 0 to 86400",
    shape: wholeOrText(0, 86_400),
    fallback: 21_600,
    live: true,
    doc: "Each device delays its checks by a fixed share of this, so that a fleet is spread evenly.",
  },
  heartbeatHours: {
    type: "whole number, 1 to 720",
    shape: wholeOrText(1, 720),
    fallback: 24,
    live: true,
    doc: "Send a heartbeat after this long without any other report.",
  },
  topicPrefix: {
    type: "topic of at most 4 levels",
    shape: topicPrefix,
    fallback: "dt/packdrift/v1",
    live: true,
    doc: "Reports go to `<prefix>/<thing>/report`. The recipe's access control must allow it.",
  },
  commandPrefix: {
    type: "topic of at most 4 levels",
    shape: topicPrefix,
    fallback: "cmd/packdrift/v1",
    live: true,
    doc: "Requests are received on `<prefix>/<thing>/<command>/req` and `<prefix>/all/<command>/req`, acknowledgements on `<prefix>/<thing>/ack/req`.",
  },
  echoSeconds: {
    type: "whole number, 0 to 240",
    shape: wholeOrText(0, 240),
    fallback: 240,
    live: true,
    doc: "How often to check that subscriptions still receive messages; 0: never.",
  },
  watchSeconds: {
    type: "whole number, 0 to 86400",
    shape: wholeOrText(0, 86_400),
    fallback: 300,
    live: true,
    doc: "How often to look for changes to packages, drivers, the job's file and the deployed model; 0: never.",
  },
  transport: {
    type: "ipc, mqtt",
    shape: choice("ipc", "mqtt"),
    fallback: "ipc",
    live: false,
    doc: "How reports leave: `ipc` through the Greengrass nucleus, `mqtt` to a broker over a connection of packdrift's own.",
  },
  mqtt: {
    type: "{endpoint, port, clientId, cert, key, ca}",
    shape: nullIfMissing(mqtt),
    fallback: null,
    live: false,
    doc: "Where `transport: mqtt` connects (port 8883 by default), the client id, and the PEM files for TLS. The key must be readable by packdrift's user only.",
  },
  signingKey: {
    type: "path of a PEM file",
    shape: nullIfMissing(absolutePath),
    fallback: null,
    live: false,
    doc: "An Ed25519 key that signs each report; by default `signing-key.pem` in the work folder, if it exists.",
  },
  shadow: {
    type: "true, false",
    shape: flagOrText,
    fallback: false,
    live: true,
    doc: "Maintain the named shadow `packdrift`: report to it on changes, at most every 10 s, and follow its desired state.",
  },
  localTopic: {
    type: "local topic",
    shape: nullIfMissing(localTopic),
    fallback: null,
    live: true,
    doc: "Publish reports to this local topic as well. The recipe's access control allows `packdrift/*`.",
  },
  cloudwatchMetrics: {
    type: "CloudWatch namespace",
    shape: nullIfMissing(namespace),
    fallback: null,
    live: true,
    doc: "Send metrics of each check to the component `aws.greengrass.Cloudwatch` under this namespace.",
  },
  vetoBadConfiguration: {
    type: "true, false",
    shape: flagOrText,
    fallback: false,
    live: true,
    doc: "Refuse deployments with a bad configuration for this component (classic nucleus).",
  },
  deployedVersion: {
    type: "list of component-details, edge-agent, artifacts, configuration, NAME=VERSION",
    shape: listOrItem(deployedSource),
    fallback: ["component-details", "artifacts", "configuration"],
    live: true,
    doc: "Where to look up the deployed version of the model component, in this order.",
  },
  edgeAgentSocket: {
    type: "unix:///path",
    shape: socket,
    fallback: "unix:///tmp/aws.iot.lookoutvision.EdgeAgent.sock",
    live: true,
    doc: "Where the Lookout for Vision Edge Agent listens; asked when `deployedVersion` includes `edge-agent`.",
  },
  waivers: {
    type: "list, or map by any names, of {rule, path, reason, expires}",
    shape: listOrMap(waiver, WAIVER_MEMBERS),
    fallback: [],
    live: true,
    doc: "Findings that you accept: shown in every report, not counted.",
  },
  damping: {
    type: "list, or map by any names, of {rule, raiseAfter, clearAfter}",
    shape: listOrMap(damping, DAMPING_MEMBERS),
    fallback: [],
    live: true,
    doc: "A rule's finding counts after `raiseAfter` checks in a row and is cleared after `clearAfter` (1 to 1000 each, 1 by default).",
  },
  maxCopyAgeDays: {
    type: "whole number, 1 to 36500",
    shape: wholeOrText(1, 36_500),
    fallback: 36_500,
    live: true,
    doc: "Report a finding when the last good copy of a job is older than this.",
  },
  maxMessageBytes: {
    type: "whole number, 4000 to 120000",
    shape: wholeOrText(4_000, 120_000),
    fallback: 7_000,
    live: true,
    doc: "Split larger reports. Nucleus lite accepts 7,300 bytes at most.",
  },
  outboxMaxBytes: {
    type: "whole number, 65536 to 1073741824",
    shape: wholeOrText(65_536, 2 ** 30),
    fallback: 16 * 2 ** 20,
    live: true,
    doc: "How many bytes of undelivered reports may be stored on disk.",
  },
  logLevel: {
    type: "debug, info, warn, error",
    shape: choice("debug", "info", "warn", "error"),
    fallback: "info",
    live: true,
    doc: "The lowest level that is logged.",
  },
};

/** The names of the settings, in the order of the page of settings. */
export const KEYS: readonly (keyof Settings)[] = Object.keys(TABLE).filter(isKey);

export function isKey(name: string): name is keyof Settings {
  return Object.hasOwn(TABLE, name);
}

/** A row of the page of settings. */
interface SettingRow {
  readonly key: keyof Settings;
  readonly type: string;
  readonly fallback: unknown;
  readonly live: boolean;
  readonly doc: string;
}

/** The settings in the order of the page of settings. */
export function settingRows(): readonly SettingRow[] {
  return KEYS.map((key) => {
    const { type, fallback, live, doc } = TABLE[key];
    return { key, type, fallback, live, doc };
  });
}

/** A sentence for each changed setting that takes effect only after a restart. */
export function afterRestart(inForce: Settings, configured: Settings): readonly string[] {
  const changed = KEYS.filter(
    (key) => !TABLE[key].live && JSON.stringify(inForce[key]) !== JSON.stringify(configured[key]),
  );
  // Over IPC the setting mqtt has no effect; a changed transport is reported on its own.
  const idle = (key: keyof Settings) => key === "mqtt" && (inForce.mqtt === null || configured.mqtt === null);
  return changed
    .filter((key) => !idle(key))
    .map(
      (key) =>
        `Setting "${key}" changes to ${shown(configured[key])} at the next start; until then it is ${shown(inForce[key])}`,
    );
}

/** The members of a configuration file as JSON Schema, with each setting's documentation and default. */
export function settingsProperties(): JsonObject {
  return Object.fromEntries(
    KEYS.map((key) => {
      const { shape, fallback, live, doc } = TABLE[key];
      const restart = live ? "" : " Takes effect at the next start.";
      return [key, { ...orMissing(shape.schema), description: `${doc}${restart}`, default: fallback }];
    }),
  );
}
