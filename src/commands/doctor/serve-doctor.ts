import { messageOf } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { linuxHost } from "../../device/linux-host.js";
import type { DoctorRequest, KeeperView } from "../../examiner/protocol.js";
import type { QueryKeeper } from "../../examiner/serve.js";
import { parseYamlDocument } from "../../platform/yaml.js";
import type { DoctorPage } from "./doctor-line.js";
import { linesOf } from "./doctor-line.js";
import { doctorPage, type ProbedNucleus } from "./doctor-page.js";
import { GRANTED, type PolicyAttempts } from "./examine-policies.js";
import { keeperLines } from "./keeper-lines.js";

interface Surrounding {
  readonly root: string;
  readonly work: string;
  readonly greengrassRoot: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The doctor's page for a request, made in an examiner, which asks the component for what only that knows. */
export async function serveDoctor(
  { thing, configuration, withoutGreengrass, keeper }: DoctorRequest,
  ask: QueryKeeper,
  { root, work, greengrassRoot, env }: Surrounding,
): Promise<object> {
  const raw = rawOf(configuration);
  const { notTried } = linesOf("nucleus.socket", "the nucleus");
  const page = await doctorPage({
    askedAt: "COMPONENT",
    thing,
    env,
    host: linuxHost(root),
    nativeFile: env.AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH ?? "",
    work,
    greengrassRoots: [greengrassRoot],
    configuration: { raw, from: withoutGreengrass ? "the configuration file" : "the nucleus" },
    nucleus: withoutGreengrass ? null : await askedNucleus(ask, raw, keeper),
    connection: [
      ...(withoutGreengrass ? [notTried("there is no Greengrass on this device")] : []),
      ...keeperLines(keeper),
    ],
    withoutGreengrass,
    noSession: "the component has its own session: see the lines session.*",
    queryEdgeAgent: async (socket, component) =>
      (await import("../../examiner/deployed/edge-agent.js")).queryEdgeAgent(socket, component),
  });
  return forMessage(page);
}

/** Without Greengrass the configuration is the text of a file. */
function rawOf(configuration: unknown): unknown {
  if (typeof configuration !== "string") return configuration;
  try {
    return parseYamlDocument(configuration);
  } catch (error) {
    return messageOf(error);
  }
}

async function askedNucleus(ask: QueryKeeper, raw: unknown, keeper: KeeperView): Promise<ProbedNucleus> {
  const isConfigured = async (component: string) => {
    const answer = await ask({ what: "is-configured", component });
    return answer.what === "is-configured" && answer.configured;
  };
  const isLite = await isConfigured("aws.greengrass.NucleusLite");
  return {
    isLite,
    isConfigured,
    accessControl: isObject(raw) ? raw.accessControl : null,
    async findPort() {
      const answer = await ask({ what: "token-exchange-port" });
      return answer.what === "token-exchange-port" ? answer.port : null;
    },
    attempts: () => attemptsBy(ask, isLite, keeper),
  };
}

function attemptsBy(ask: QueryKeeper, isLite: boolean, { subscriptions, capabilities }: KeeperView): PolicyAttempts {
  return {
    async publish(topic) {
      if (isLite) return { kind: "not tried", why: "since nucleus lite would send the message" };
      const answer = await ask({ what: "may-publish", topic });
      const refusal = answer.what === "may-publish" ? answer.refusal : "the component did not answer";
      return refusal === null ? GRANTED : { kind: "refused", why: refusal };
    },
    async subscribe(filter) {
      if (subscriptions.open.includes(filter)) return GRANTED;
      if (subscriptions.filters.includes(filter)) return { kind: "refused", why: "not granted so far" };
      return { kind: "not tried", why: "the component reports no subscription to it" };
    },
    async readShadow() {
      if (capabilities.shadow === "AVAILABLE") return GRANTED;
      if (capabilities.shadow === "DENIED") return { kind: "refused", why: "UnauthorizedError" };
      return { kind: "not tried", why: "the nucleus keeps no shadows" };
    },
    writeShadow: async () => ({ kind: "not tried", why: "a request writes nothing" }),
  };
}

/** Problems first; lines without one by their names only, so that the page fits a message. */
function forMessage({ lines, ...page }: DoctorPage): object {
  const order = ["PROBLEM", "NOTE", "NOT_TRIED"];
  const open = lines.filter(({ state }) => state !== "OK");
  return {
    ...page,
    lines: order.flatMap((state) => open.filter((line) => line.state === state)),
    ok: lines.filter(({ state }) => state === "OK").map(({ id, found }) => `${id}: ${found.slice(0, MOST_CHARACTERS)}`),
  };
}

const MOST_CHARACTERS = 80;
