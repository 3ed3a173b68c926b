import { existsSync } from "node:fs";
import { connect } from "node:net";
import { messageOf } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { SHADOW } from "../../base/names.js";
import { withTimeLimit } from "../../base/time-limit.js";
import { CONFIGURATION_KEYS } from "../../config/configuration-keys.js";
import type { Settings } from "../../config/settings.js";
import type { connectGreengrass } from "../../transports/greengrass/connection.js";
import type { Greengrass } from "../../transports/greengrass/port.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";
import type { ProbedNucleus } from "./doctor-page.js";
import { type Attempt, GRANTED, type PolicyAttempts } from "./examine-policies.js";
import { echoTopic } from "./our-topics.js";

type Env = Readonly<Record<string, string | undefined>>;

/** The lines about reaching the nucleus, and the connection if it was reached. */
interface ReachedNucleus {
  readonly lines: readonly DoctorLine[];
  readonly nucleus: ProbedNucleus | null;
  /** The component's configuration. */
  readonly configuration: unknown;
  close(): Promise<void>;
}

const SOCKET = "AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT";
const LIMITS = { connectMs: 8_000, slowConnectMs: 9_000, callMs: 6_000 };
const CLASSIC = "sudo systemctl status greengrass (classic nucleus) or greengrass-lite.target (nucleus lite)";

/** Connects to the nucleus as the component does, with the variables that Greengrass sets. Never throws. */
export async function reachNucleus(
  env: Env,
  thing: string | null,
  greengrassRoots: readonly string[],
  connectTo: typeof connectGreengrass,
): Promise<ReachedNucleus> {
  const socketLine = await socketOf(env, greengrassRoots);
  const nothing = { nucleus: null, configuration: null, close: async () => {} };
  if (socketLine.state !== "OK") return { ...nothing, lines: [socketLine] };
  const { ok, problem } = linesOf("nucleus.login", "logging in to the nucleus with SVCUID");
  if (!env.SVCUID) {
    const fix = "Run doctor from the component's own environment, or ask the component by a request";
    return { ...nothing, lines: [socketLine, problem("SVCUID is not set", fix)] };
  }
  const troubles = new Map<string, (message: string) => void>();
  try {
    const listeners = {
      onLost: () => undefined,
      onTrouble: (what: string, message: string) => troubles.get(what)?.(message),
    };
    const connection = await connectTo(listeners, LIMITS);
    return await asked(connection, { thing, troubles, lines: [socketLine, ok("accepted")] });
  } catch (error) {
    // Not by class: the connection's code is in another file of the bundle, which has its own classes.
    const loss = error instanceof Error && "loss" in error ? error.loss : null;
    if (loss === null) throw error;
    const fix =
      loss === "REFUSED"
        ? "Restart the component: its token became void when the nucleus restarted. greengrass-cli component restart --names io.packdrift.Monitor, or sudo systemctl restart ggl.io.packdrift.Monitor on nucleus lite"
        : `Check the nucleus: ${CLASSIC}, and its log`;
    return { ...nothing, lines: [socketLine, problem(messageOf(error), fix)] };
  }
}

async function socketOf(env: Env, roots: readonly string[]): Promise<DoctorLine> {
  const { ok, problem, notTried } = linesOf("nucleus.socket", "the nucleus's IPC socket");
  const path = env[SOCKET];
  if (!path) {
    const root = roots.find((each) => existsSync(each));
    if (root === undefined) {
      return notTried(
        "no Greengrass on this device: no nucleus, no deployed components; reports can leave over MQTT alone (transport: mqtt)",
      );
    }
    return notTried(
      `this process was not started by Greengrass, which is in ${root}, so the nucleus could not be asked`,
      'Ask the component itself: publish {"id": "1"} to cmd/packdrift/v1/<thing>/doctor/req and read cmd/packdrift/v1/<thing>/doctor/res',
    );
  }
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (line: DoctorLine) => {
      socket.destroy();
      resolve(line);
    };
    socket.setTimeout(LIMITS.callMs, () => end(problem(`${path}: no answer`, `Check the nucleus: ${CLASSIC}`)));
    socket.once("connect", () => end(ok(path)));
    socket.once("error", (error) => end(problem(`${path}: ${messageOf(error)}`, `Start the nucleus: ${CLASSIC}`)));
  });
}

interface Asking {
  readonly thing: string | null;
  readonly troubles: Map<string, (message: string) => void>;
  readonly lines: readonly DoctorLine[];
}

async function asked(connection: Greengrass, { thing, troubles, lines }: Asking): Promise<ReachedNucleus> {
  // A configuration that cannot be read is reported like one that is not an object.
  const configuration = await connection.configuration(CONFIGURATION_KEYS).catch(messageOf);
  const isLite = await connection.isConfigured("aws.greengrass.NucleusLite").catch(() => false);
  return {
    lines,
    configuration,
    nucleus: {
      isLite,
      accessControl: isObject(configuration) ? configuration.accessControl : null,
      isConfigured: (component) => connection.isConfigured(component).catch(() => false),
      findPort: () => connection.tokenExchangePort().catch(() => null),
      attempts: (settings) => attemptsOver(connection, { thing: thing ?? "", isLite, troubles, settings }),
    },
    close: () => connection.close(),
  };
}

interface Attempting {
  readonly thing: string;
  readonly isLite: boolean;
  readonly troubles: Map<string, (message: string) => void>;
  readonly settings: Settings;
}

/** Published on the echo topic, to which only packdrift subscribes; its own echoes count from 1. */
const ECHO = "0";
/** A version that no shadow has: the nucleus refuses the update after it has authorised it. */
const NO_VERSION = 2 ** 31 - 1;

function attemptsOver(connection: Greengrass, { thing, isLite, troubles, settings }: Attempting): PolicyAttempts {
  const echo = echoTopic(thing, settings);
  let document: string | null = null;
  return {
    async publish(topic) {
      if (topic === echo) return attempted(() => connection.publish(topic, ECHO, 0));
      if (isLite) return { kind: "not tried", why: "since nucleus lite would send the message" };
      const refusal = await connection.mayPublish(topic);
      return refusal === null ? GRANTED : { kind: "refused", why: refusal };
    },
    subscribe: (filter) =>
      attempted(async () => {
        let closeIt: () => Promise<void> = async () => {};
        const opened = new Promise<void>((resolve, reject) => {
          troubles.set(`subscribe to "${filter}"`, (message) => reject(new Error(message)));
          const { close } = connection.subscribe(filter, () => undefined, resolve);
          closeIt = close;
        });
        try {
          await withTimeLimit(opened, LIMITS.callMs, () => new Error("no answer"));
        } finally {
          await closeIt().catch(() => undefined);
        }
      }),
    readShadow: () =>
      orMissing(async () => {
        document = await connection.shadow(thing, SHADOW);
      }),
    async writeShadow() {
      if (document === null) return { kind: "not tried", why: "there is no shadow yet" };
      const update = JSON.stringify({ state: { reported: {} }, version: NO_VERSION });
      return orMissing(() => connection.updateShadow(thing, SHADOW, update));
    },
  };
}

async function attempted(action: () => Promise<unknown>): Promise<Attempt> {
  try {
    await action();
    return GRANTED;
  } catch (error) {
    return { kind: "refused", why: messageOf(error) };
  }
}

/** A nucleus without a shadow manager does not offer the calls. */
async function orMissing(action: () => Promise<unknown>): Promise<Attempt> {
  const attempt = await attempted(action);
  if (attempt.kind !== "refused" || /Unauthorized/.test(attempt.why)) return attempt;
  return { kind: "not tried", why: `the nucleus keeps no shadows: ${attempt.why}` };
}
