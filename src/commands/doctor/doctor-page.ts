import type { Settings } from "../../config/settings.js";
import type { Host } from "../../device/host.js";
import { exchangedOnce, type FindPort } from "../../sources/exchanged-credentials.js";
import { bounded } from "./bounded.js";
import { type DoctorLine, type DoctorPage, linesOf } from "./doctor-line.js";
import { brokerLines } from "./examine-broker.js";
import { examineConfiguration, type RawConfiguration } from "./examine-configuration.js";
import { edgeAgentLine, loaderLine, modelsLine, type QueryEdgeAgent } from "./examine-models.js";
import { credentialsLine, dependencyLine, flavourLine, type NucleusFacts } from "./examine-nucleus.js";
import { outboxLines } from "./examine-outbox.js";
import { type PolicyAttempts, policyLines } from "./examine-policies.js";
import { programLines } from "./examine-program.js";
import { sourceLines } from "./examine-source.js";

/** The nucleus, as far as this process can query it. */
export interface ProbedNucleus extends NucleusFacts {
  readonly isLite: boolean;
  readonly accessControl: unknown;
  /** Attempts on the topics that the settings name. */
  readonly attempts: (settings: Settings) => PolicyAttempts;
  readonly findPort: FindPort;
}

interface DoctorParts {
  readonly askedAt: DoctorPage["askedAt"];
  /** Null: not known. */
  readonly thing: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host: Host;
  readonly nativeFile: string;
  /** Null: none was found. */
  readonly work: string | null;
  readonly greengrassRoots: readonly string[];
  readonly configuration: RawConfiguration | null;
  /** Null: it cannot be queried. */
  readonly nucleus: ProbedNucleus | null;
  /** Lines that the caller already has: how the nucleus was reached, the state of the component's session. */
  readonly connection: readonly DoctorLine[];
  /** Whether this device has no Greengrass. */
  readonly withoutGreengrass: boolean;
  /** Why no session with the broker may be tried; null if it may. */
  readonly noSession: string | null;
  readonly queryEdgeAgent: QueryEdgeAgent;
}

/** Makes the page: runs all probes at once, each with its time limit. */
export async function doctorPage(parts: DoctorParts): Promise<DoctorPage> {
  const { askedAt, thing, env, host, nucleus, connection } = parts;
  const nowMs = Date.now();
  const { settings, lines } = examineConfiguration(parts.configuration, {
    isLite: nucleus?.isLite ?? (parts.withoutGreengrass ? false : null),
    nowMs,
  });
  const exchange = exchangedOnce(env, nucleus?.findPort ?? (async () => null));
  const probed = await Promise.all([
    bounded("node", () => programLines(parts.nativeFile)),
    connection,
    bounded("nucleus", async () =>
      nucleus === null ? [] : [await flavourLine(nucleus, env), await dependencyLine(nucleus, settings)],
    ),
    bounded("nucleus.credentials", async () => [await credentialsLine(env, settings.source, exchange)]),
    bounded("policy", () => policiesOf(parts, settings)),
    lines,
    bounded("source", () => sourceLines({ settings, parts: { env, exchange, now: Date.now }, nowMs: Date.now })),
    bounded("broker", () => brokerOf(parts, settings)),
    bounded("outbox", () => outboxLines({ work: parts.work, outboxMaxBytes: settings.outboxMaxBytes, nowMs })),
    bounded("models", () => [modelsLine(host, parts.greengrassRoots)]),
    bounded("edge-agent", async () => [await edgeAgentLine(settings, parts.queryEdgeAgent)]),
    bounded("loader", () => [loaderLine(host)]),
  ]);
  const all = probed.flat();
  return {
    schema: "packdrift.doctor/1",
    thing,
    at: new Date(nowMs).toISOString(),
    version: PACKDRIFT_VERSION,
    askedAt,
    well: all.every(({ state }) => state !== "PROBLEM"),
    lines: all,
  };
}

async function policiesOf({ nucleus, thing }: DoctorParts, settings: Settings): Promise<readonly DoctorLine[]> {
  const { notTried } = linesOf("policy", "what the nucleus lets the component do");
  if (nucleus === null) return [notTried("the nucleus could not be asked")];
  if (thing === null) return [notTried("the thing's name is not known", "Give --thing NAME")];
  const { accessControl, attempts } = nucleus;
  return policyLines({ thing, settings, accessControl, attempts: attempts(settings) });
}

async function brokerOf(
  { thing, noSession, withoutGreengrass, configuration }: DoctorParts,
  settings: Settings,
): Promise<readonly DoctorLine[]> {
  const { notTried, problem } = linesOf("broker", "the broker of transport mqtt");
  if (settings.transport === "mqtt" && settings.mqtt !== null)
    return brokerLines({ thing, settings, mqtt: settings.mqtt, noSession, nowMs: Date.now() });
  if (!withoutGreengrass || configuration === null)
    return [notTried('"transport" is ipc: reports leave through the nucleus')];
  const fix = 'Set "transport" to mqtt with "mqtt": {endpoint, cert, key, ca} in the configuration';
  return [problem('"transport" is ipc, and there is no Greengrass on this device', fix)];
}
