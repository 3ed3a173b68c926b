import { existsSync } from "node:fs";
import type { Settings } from "../../config/settings.js";
import type { Host } from "../../device/host.js";
import { LD_CACHE } from "../../device/ld-cache.js";
import { findStoredModels, GREENGRASS_ROOTS } from "../../model/find-models.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";

/** Asks the Edge Agent; loaded when needed. */
export type QueryEdgeAgent = (
  socket: string,
  component: string,
) => Promise<{ readonly kind: string; readonly why?: string }>;

/** The packaged models in the package store. */
export function modelsLine(host: Host, roots: readonly string[] = GREENGRASS_ROOTS): DoctorLine {
  const { ok, problem, note } = linesOf("models", `packaged models below ${roots.join(" and ")}`);
  const stored = roots.map((root) => findStoredModels(host, root));
  const models = stored.flatMap((store) => store.models).map(({ component, version }) => `${component} ${version}`);
  const unread = stored.flatMap((store) => store.unread);
  const found = models.length === 0 ? "none" : models.join(", ");
  const [first] = unread;
  if (first === undefined) return models.length === 0 ? note(found, NO_MODEL) : ok(found);
  const more = unread.length === 1 ? "" : ` and ${unread.length - 1} more`;
  const denied = /denied|EACCES|permi/i.test(first.why);
  return problem(
    `${found}; cannot read ${first.path}: ${first.why}${more}`,
    denied
      ? "Let the component's user read the package store, or give the model's artifacts Permission: Read: ALL in its recipe"
      : "Deploy the model component again",
  );
}

const NO_MODEL =
  "If Greengrass is installed elsewhere or the model is not deployed yet, there is nothing to do; otherwise deploy the model component";

/** The dynamic loader's cache, with which libraries are found. */
export function loaderLine(host: Host): DoctorLine {
  const { ok, problem, notTried } = linesOf("loader", `the dynamic loader's cache, ${LD_CACHE}`);
  const size = host.size(LD_CACHE);
  if (size.state === "found") return ok(`${Math.ceil(size.value / 1_024)} kB`);
  if (size.state === "absent")
    return notTried("there is none: on musl, in a small container, or in a copy of a machine");
  return problem(`cannot be read: ${size.why}`, `sudo ldconfig, then chmod 644 ${LD_CACHE}`);
}

/** Whether the Edge Agent answers. */
export async function edgeAgentLine(
  { edgeAgentSocket, deployedVersion, jobs }: Pick<Settings, "edgeAgentSocket" | "deployedVersion" | "jobs">,
  ask: QueryEdgeAgent,
): Promise<DoctorLine> {
  const { ok, problem, notTried } = linesOf("edge-agent", `the Edge Agent at ${edgeAgentSocket}`);
  const isAsked = deployedVersion.includes("edge-agent");
  const path = edgeAgentSocket.replace(/^unix:\/\//, "");
  if (!existsSync(path)) {
    if (!isAsked) return notTried('there is none, and "deployedVersion" does not include edge-agent');
    return problem(
      `there is no "${path}"`,
      'Deploy aws.iot.lookoutvision.EdgeAgent, or set "edgeAgentSocket" to its Socket, or remove edge-agent from "deployedVersion"',
    );
  }
  const component = jobs.flatMap((job) => job.component ?? [])[0] ?? "none";
  const answer = await ask(edgeAgentSocket, component);
  const why = answer.why ?? "";
  if (answer.kind === "model" || !/did not answer/.test(why)) return ok(why === "" ? "it answers" : why);
  return problem(why, "Restart aws.iot.lookoutvision.EdgeAgent, and let the component's user open its socket");
}
