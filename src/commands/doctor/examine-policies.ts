import { SHADOW } from "../../base/names.js";
import type { Settings } from "../../config/settings.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";
import { isGranted } from "./granted.js";
import { echoTopic, filtersReceived, topicsSent } from "./our-topics.js";

/** How the nucleus answered one attempt: granted, refused, or not tried, with the reason. */
export type Attempt = { readonly kind: "granted" } | { readonly kind: "refused"; readonly why: string } | NotTried;
export const GRANTED: Attempt = { kind: "granted" };

interface NotTried {
  readonly kind: "not tried";
  readonly why: string;
}

/** Attempts at what packdrift does over the nucleus. None publishes anything that others receive; every one ends. */
export interface PolicyAttempts {
  /** Asks whether a publish to IoT Core would be allowed. */
  readonly publish: (topic: string) => Promise<Attempt>;
  readonly subscribe: (filter: string) => Promise<Attempt>;
  readonly readShadow: () => Promise<Attempt>;
  readonly writeShadow: () => Promise<Attempt>;
}

interface PolicyQuestion {
  readonly thing: string;
  readonly settings: Pick<Settings, "topicPrefix" | "commandPrefix" | "echoSeconds" | "shadow" | "localTopic">;
  /** The component's access control, as the nucleus has it. */
  readonly accessControl: unknown;
  readonly attempts: PolicyAttempts;
}

/** The effect of the policies on each topic that packdrift uses. */
export async function policyLines(question: PolicyQuestion): Promise<readonly DoctorLine[]> {
  const { thing, settings, attempts, accessControl } = question;
  const echo = settings.echoSeconds > 0 ? [echoTopic(thing, settings)] : [];
  const sent = [...topicsSent(thing, settings), ...echo];
  const received = [...filtersReceived(thing, settings), ...echo];
  const may = (operation: string) => (topic: string) => isGranted(accessControl, PROXY, operation, topic);
  return [
    combined("policy.publish", "publishing to our topics over IPC", await eachOf(sent, attempts.publish), {
      operation: "PublishToIoTCore",
      isGranted: may("aws.greengrass#PublishToIoTCore"),
    }),
    combined("policy.subscribe", "subscribing to requests over IPC", await eachOf(received, attempts.subscribe), {
      operation: "SubscribeToIoTCore",
      isGranted: may("aws.greengrass#SubscribeToIoTCore"),
    }),
    await shadowLine(question),
    localLine(question),
  ];
}

const PROXY = "aws.greengrass.ipc.mqttproxy";

interface Outcome {
  readonly topic: string;
  readonly attempt: Attempt;
}

async function eachOf(topics: readonly string[], attempt: (topic: string) => Promise<Attempt>): Promise<Outcome[]> {
  return Promise.all(topics.map(async (topic) => ({ topic, attempt: await attempt(topic) })));
}

/** One line for all topics: what was refused, otherwise what the access control lacks if nothing could be tried. */
function combined(
  id: string,
  tried: string,
  outcomes: readonly Outcome[],
  rule: { readonly operation: string; readonly isGranted: (topic: string) => boolean },
): DoctorLine {
  const { ok, problem } = linesOf(id, tried);
  const refused = outcomes.flatMap(({ topic, attempt }) =>
    attempt.kind === "refused" ? [`${topic}: ${attempt.why}`] : [],
  );
  if (refused.length > 0) {
    const denied = refused.some((one) => /Unauthorized|not authorized/i.test(one));
    return problem(refused.join("; "), denied ? policyFix(rule.operation) : CLOUD_FIX);
  }
  const untried = outcomes.filter(({ attempt }) => attempt.kind === "not tried");
  const lacking = untried.filter(({ topic }) => !rule.isGranted(topic)).map(({ topic }) => topic);
  if (lacking.length > 0)
    return problem(`the access control on this device lacks ${lacking.join(", ")}`, policyFix(rule.operation));
  const names = outcomes.filter((one) => !untried.includes(one)).map(({ topic }) => topic);
  const granted = names.length === 0 ? "" : `granted: ${names.join(", ")}`;
  const [first] = untried;
  if (first === undefined || first.attempt.kind !== "not tried") return ok(granted);
  const byText = `granted by the access control, ${first.attempt.why}: ${untried.map(({ topic }) => topic).join(", ")}`;
  return ok([granted, byText].filter((text) => text !== "").join("; "));
}

/** A classic nucleus keeps the policies of the first version that was deployed. */
function policyFix(operation: string): string {
  return `Deploy the component with "reset": ["/accessControl"], so that the recipe's policies count, or grant aws.greengrass#${operation} on these topics in its accessControl; with other prefixes than the default the recipe's do not`;
}

const CLOUD_FIX =
  "Check that the device is online, and that the IoT policy of its certificate allows these topics (recipe/policies/core-device.json)";

async function shadowLine({ thing, settings, attempts, accessControl }: PolicyQuestion): Promise<DoctorLine> {
  const { ok, problem, notTried } = linesOf("policy.shadow", `reading and writing the named shadow "${SHADOW}"`);
  if (!settings.shadow) return notTried('setting "shadow" is false');
  const [read, write] = [await attempts.readShadow(), await attempts.writeShadow()];
  for (const attempt of [read, write]) {
    if (attempt.kind === "refused") return problem(attempt.why, policyFix("GetThingShadow and #UpdateThingShadow"));
  }
  if (read.kind === "granted") return ok(write.kind === "granted" ? "granted" : "reading granted");
  const base = `$aws/things/${thing}/shadow/name/${SHADOW}`;
  const lacking = ["get", "update"].filter(
    (leaf) => !isGranted(accessControl, PROXY, "aws.greengrass#PublishToIoTCore", `${base}/${leaf}`),
  );
  if (lacking.length > 0)
    return problem(
      `the access control lacks ${lacking.map((leaf) => `${base}/${leaf}`).join(", ")}`,
      policyFix("PublishToIoTCore"),
    );
  return ok(`over its MQTT topics, granted by the access control (${read.kind === "not tried" ? read.why : ""})`);
}

function localLine({ settings: { localTopic }, accessControl }: PolicyQuestion): DoctorLine {
  const { ok, problem, notTried } = linesOf("policy.local", "the access control for the local topic");
  if (localTopic === null) return notTried('setting "localTopic" is not set');
  if (isGranted(accessControl, "aws.greengrass.ipc.pubsub", "aws.greengrass#PublishToTopic", localTopic))
    return ok(localTopic);
  return problem(`it lacks ${localTopic}`, policyFix("PublishToTopic"));
}
