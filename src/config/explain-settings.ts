import type { JobChoice, Settings } from "./settings.js";

/** One line of what a configuration means. */
export interface Meaning {
  readonly about: string;
  readonly text: string;
}

interface Timetable {
  /** Null: the thing is not known, and with it its share of the jitter. */
  readonly thing: string | null;
  /** ISO 8601, UTC: the next checks of this thing, or the next scheduled times. */
  readonly next: readonly string[];
}

/** What good settings mean, in words. */
export function explainSettings(settings: Settings, timetable: Timetable): readonly Meaning[] {
  const { heartbeatHours, watchSeconds, echoSeconds, logLevel, maxMessageBytes, outboxMaxBytes } = settings;
  return [
    { about: "checks", text: subjectsOf(settings.jobs) },
    { about: "descriptions", text: sourceOf(settings) },
    { about: "when", text: `${timesOf(settings, timetable)}${watchOf(watchSeconds)}` },
    {
      about: "reports",
      text: `${routeOf(settings, timetable.thing ?? "<thing>")}; in parts of at most ${count(maxMessageBytes)} bytes`,
    },
    { about: "heartbeat", text: `After ${count(heartbeatHours)} h without another report` },
    { about: "requests", text: requestsOf(settings, timetable.thing ?? "<thing>", echoSeconds) },
    { about: "extras", text: extrasOf(settings) },
    { about: "deployed", text: `The deployed version is looked up in ${settings.deployedVersion.join(", then ")}` },
    { about: "accepted", text: acceptedOf(settings) },
    { about: "outbox", text: `Up to ${count(outboxMaxBytes)} bytes wait on disk until they are delivered` },
    { about: "log", text: `Level ${logLevel} and above` },
  ];
}

function subjectsOf(jobs: readonly JobChoice[]): string {
  if (jobs.length === 0) return "Every packaged model found on the device";
  return jobs.map(subjectOf).join("; ");
}

function subjectOf({ project, job, component, compilationJob }: JobChoice): string {
  if (compilationJob !== null)
    return `compilation job ${compilationJob}${component === null ? "" : `, with the files of ${component}`}`;
  if (job !== null) return `packaging job ${project}/${job}`;
  if (project !== null) return `the job of ${project} that made the deployed version of ${component}`;
  return `the files of ${component}, without a job`;
}

function sourceOf({ source: { type, endpoint, path, region } }: Settings): string {
  const at = region === null ? "the device's Region" : region;
  switch (type) {
    case "file":
      return `From ${path}; else the last good copy, then the model's own files`;
    case "archive":
      return `From the archive at ${endpoint}; else the last good copy, then the model's own files`;
    case "api":
      return endpoint === null
        ? `From AWS's API in ${at}, which ended on 2025-10-31; else the last good copy, then the model's own files`
        : `From the API at ${endpoint}; else the last good copy, then the model's own files`;
    case "sagemaker":
      return `Compilation jobs from SageMaker in ${endpoint ?? at}; else the last good copy`;
    case "model":
      return "None: only the models' own files are read";
    case "auto": {
      const named = [path, endpoint].filter((one) => one !== null);
      const first =
        named.length > 0
          ? `From ${named.join(", then ")}`
          : `From AWS's API in ${at}, asked once a day since it ended on 2025-10-31`;
      return `${first}; then the last good copy, then the model's own files`;
    }
  }
}

function timesOf({ schedule, jitterSeconds }: Settings, { thing, next }: Timetable): string {
  const [first = "never"] = next;
  const planned = `At each start, and at "${schedule}" UTC`;
  if (thing !== null) return `${planned}; next for ${thing} at ${first}`;
  const later = jitterSeconds === 0 ? "" : `, plus the device's own delay of up to ${count(jitterSeconds)} s`;
  return `${planned}; next at ${first}${later}`;
}

function watchOf(watchSeconds: number): string {
  if (watchSeconds === 0) return "; changes on the device are not watched";
  return `; and when packages, drivers, the job's file or the model change, checked every ${count(watchSeconds)} s`;
}

function routeOf({ transport, mqtt, topicPrefix }: Settings, thing: string): string {
  const topic = [topicPrefix, thing, "report"].join("/");
  if (transport === "ipc" || mqtt === null) return `Through the Greengrass nucleus to ${topic}`;
  return `Over MQTT to ${mqtt.endpoint}:${mqtt.port} as ${mqtt.clientId ?? `${thing}-packdrift`}, to ${topic}`;
}

function requestsOf({ commandPrefix }: Settings, thing: string, echoSeconds: number): string {
  const echo =
    echoSeconds === 0
      ? "whether they still arrive is not tested"
      : `whether they still arrive is tested every ${count(echoSeconds)} s`;
  return `On ${commandPrefix}/${thing}/<command>/req and ${commandPrefix}/all/<command>/req; ${echo}`;
}

function extrasOf({ shadow, localTopic, cloudwatchMetrics, vetoBadConfiguration, signingKey }: Settings): string {
  const parts = [
    ...(shadow ? ["the named shadow packdrift is kept"] : []),
    ...(localTopic === null ? [] : [`reports also go to the local topic ${localTopic}`]),
    ...(cloudwatchMetrics === null
      ? []
      : [`metrics go to CloudWatch under ${cloudwatchMetrics}, by the component aws.greengrass.Cloudwatch`]),
    ...(vetoBadConfiguration ? ["deployments with a bad configuration are refused"] : []),
    ...(signingKey === null ? [] : [`reports are signed with ${signingKey}`]),
  ];
  return parts.length === 0 ? "No shadow, no local topic, no metrics" : parts.join("; ");
}

function acceptedOf({ waivers, damping, maxCopyAgeDays }: Settings): string {
  const parts = [
    waivers.length === 0 ? "No findings are waived" : `Waived: ${waivers.map(({ rule }) => rule).join(", ")}`,
    ...(damping.length === 0 ? [] : [`damped: ${damping.map(({ rule }) => rule).join(", ")}`]),
    `a copy of a job may be ${count(maxCopyAgeDays)} days old`,
  ];
  return parts.join("; ");
}

/** A number with a comma at each thousand. */
function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}
