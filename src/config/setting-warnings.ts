import { didYouMean } from "../base/did-you-mean.js";
import type { Settings, WaiverSettings } from "./settings.js";
import { TABLE } from "./table.js";

/** A setting that is accepted but does nothing, or not what was probably meant. */
export interface SettingsWarning {
  readonly path: string;
  readonly message: string;
  readonly fix: string;
}

interface Known {
  readonly ruleIds: readonly string[];
  readonly isExpired: (waiver: WaiverSettings) => boolean;
}

const ENDED = "Amazon Lookout for Vision ended on 2025-10-31";
const RECOVER = "docs/recover-jobs.md";

/**
 * Settings that do nothing, that depend on something else, or that rely on a service which has ended. Nucleus lite's
 * own limits: lite-limits.ts.
 */
export function settingWarnings(settings: Settings, known: Known): readonly SettingsWarning[] {
  return [
    ...transportWarnings(settings),
    ...sourceWarnings(settings),
    ...jobWarnings(settings),
    ...ruleWarnings(settings, known),
    ...topicWarnings(settings),
    ...edgeAgentWarnings(settings),
  ];
}

function transportWarnings({ transport, mqtt }: Settings): readonly SettingsWarning[] {
  if (transport === "mqtt" || mqtt === null) return [];
  const fix = 'set "transport" to mqtt to use it, or remove "mqtt"';
  return [{ path: "mqtt", message: 'Setting "mqtt" has no effect while "transport" is ipc', fix }];
}

function sourceWarnings({ source, jobs }: Settings): readonly SettingsWarning[] {
  const { type, endpoint, path, region } = source;
  const unused = [
    ...(path !== null && type !== "auto" && type !== "file" ? ["path"] : []),
    ...(endpoint !== null && (type === "file" || type === "model") ? ["endpoint"] : []),
    ...(region !== null && (type === "file" || type === "model") ? ["region"] : []),
  ];
  const idle = unused.map((member) => ({
    path: `source.${member}`,
    message: `Setting "source.${member}" has no effect while "source.type" is ${type}`,
    fix: 'remove it, or set "source.type" to auto',
  }));
  const asksDeadService = endpoint === null && (type === "api" || (type === "auto" && path === null));
  if (!asksDeadService || (type === "auto" && !jobs.some(({ project }) => project !== null))) return idle;
  const rest = type === "api" ? "" : "; what is left is the last good copy on the device and the model's own files";
  return [
    ...idle,
    {
      path: "source.type",
      message: `${ENDED}: AWS's own API no longer describes any job${rest}`,
      fix: `serve the descriptions from an archive (source: {type: archive, endpoint: …}) or a file (source: {type: file, path: …}), or check by the model's files (source: {type: model}); see ${RECOVER}`,
    },
  ];
}

function jobWarnings({ jobs, source }: Settings): readonly SettingsWarning[] {
  const texts = jobs.map((job) => JSON.stringify(job));
  const repeated = texts.flatMap((text, at) => (texts.indexOf(text) < at ? [at] : []));
  const described = jobs.flatMap(({ job }, at) => (job !== null && source.type === "model" ? [at] : []));
  return [
    ...repeated.map((at) => ({
      path: `jobs[${at}]`,
      message: `Entry ${at + 1} of "jobs" repeats an earlier one`,
      fix: "remove it",
    })),
    ...described.map((at) => ({
      path: `jobs[${at}]`,
      message: `Entry ${at + 1} of "jobs" names a packaging job, but "source.type" is model: no job is described`,
      fix: 'name the component instead, {component: …}, or set "source.type" to auto',
    })),
  ];
}

function ruleWarnings({ waivers, damping }: Settings, { ruleIds, isExpired }: Known): readonly SettingsWarning[] {
  const unknown = (setting: string, rules: readonly { readonly rule: string }[]) =>
    rules.flatMap(({ rule }, at) =>
      ruleIds.includes(rule)
        ? []
        : [
            {
              path: `${setting}[${at}].rule`,
              message: `There is no rule "${rule}"${didYouMean(rule, ruleIds)}: this entry of "${setting}" has no effect`,
              fix: "use a rule id of docs/reference/rules.md",
            },
          ],
    );
  return [
    ...unknown("waivers", waivers),
    ...waivers.flatMap((waiver, at) =>
      isExpired(waiver)
        ? [
            {
              path: `waivers[${at}].expires`,
              message: `The waiver of "${waiver.rule}" expired on ${waiver.expires}: it has no effect`,
              fix: "remove it, or set a later date",
            },
          ]
        : [],
    ),
    ...unknown("damping", damping),
    ...damping.flatMap(({ rule, raiseAfter, clearAfter }, at) =>
      raiseAfter === 1 && clearAfter === 1
        ? [
            {
              path: `damping[${at}]`,
              message: `The damping of "${rule}" has no effect: raiseAfter and clearAfter are 1`,
              fix: "raise one of them, or remove the entry",
            },
          ]
        : [],
    ),
  ];
}

function topicWarnings(settings: Settings): readonly SettingsWarning[] {
  const { localTopic, transport } = settings;
  const moved = (["topicPrefix", "commandPrefix"] as const).filter((key) => settings[key] !== TABLE[key].fallback);
  const where =
    transport === "ipc" ? "the recipe's access control and the thing's IoT policy" : "the thing's IoT policy";
  return [
    ...moved.map((key) => ({
      path: key,
      message: `Setting "${key}" is not "${TABLE[key].fallback}", which is all that the policies of packdrift allow`,
      fix: `allow topics below "${settings[key]}" in ${where}`,
    })),
    ...(localTopic !== null && !localTopic.startsWith("packdrift/")
      ? [
          {
            path: "localTopic",
            message: `The recipe's access control only allows local topics below "packdrift/", not "${localTopic}"`,
            fix: `use "packdrift/reports" say, or allow the topic in the access control`,
          },
        ]
      : []),
  ];
}

function edgeAgentWarnings({ edgeAgentSocket, deployedVersion }: Settings): readonly SettingsWarning[] {
  if (edgeAgentSocket === TABLE.edgeAgentSocket.fallback || deployedVersion.includes("edge-agent")) return [];
  return [
    {
      path: "edgeAgentSocket",
      message: 'Setting "edgeAgentSocket" has no effect: "deployedVersion" does not include edge-agent',
      fix: 'add edge-agent to "deployedVersion", or remove "edgeAgentSocket"',
    },
  ];
}
