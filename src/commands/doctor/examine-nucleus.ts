import { messageOf } from "../../base/errors.js";
import type { Settings } from "../../config/settings.js";
import type { Exchange } from "../../sources/exchanged-credentials.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";

/** What the nucleus reports about itself and other components. */
export interface NucleusFacts {
  readonly isConfigured: (component: string) => Promise<boolean>;
}

/** Whether it is the classic nucleus or nucleus lite. */
export async function flavourLine(nucleus: NucleusFacts, env: Env): Promise<DoctorLine> {
  const { ok } = linesOf("nucleus.flavour", "which nucleus this is");
  const isLite = await nucleus.isConfigured("aws.greengrass.NucleusLite");
  const version = env.GGC_VERSION ? ` ${env.GGC_VERSION}` : "";
  return ok(
    isLite ? `nucleus lite${version}: no component details, no deployment veto, no spool` : `classic nucleus${version}`,
  );
}

type Env = Readonly<Record<string, string | undefined>>;

/** Other components that the settings need. */
export async function dependencyLine(
  nucleus: NucleusFacts,
  settings: Pick<Settings, "source" | "cloudwatchMetrics" | "deployedVersion">,
): Promise<DoctorLine> {
  const { ok, problem, note } = linesOf("nucleus.dependencies", "the components that the settings need");
  const needed = [
    ...(needsCredentials(settings.source) ? ["aws.greengrass.TokenExchangeService"] : []),
    ...(settings.cloudwatchMetrics === null ? [] : ["aws.greengrass.Cloudwatch"]),
    ...(settings.deployedVersion.includes("edge-agent") ? ["aws.iot.lookoutvision.EdgeAgent"] : []),
  ];
  if (needed.length === 0) return ok("none is needed");
  const present = await Promise.all(needed.map((component) => nucleus.isConfigured(component)));
  const missing = needed.filter((_, at) => !present[at]);
  if (missing.length === 0) return ok(needed.join(", "));
  // A component without a configuration is not in the nucleus's store, so its absence there proves nothing.
  const found = `no configuration of ${missing.join(", ")} on this device`;
  const fix = `Add ${missing.join(", ")} to the deployment`;
  return missing.includes("aws.greengrass.TokenExchangeService") ? problem(found, fix) : note(found, fix);
}

/** Whether asking the source takes AWS credentials. An archive may accept unsigned requests. */
function needsCredentials({ type, endpoint, path }: Settings["source"]): boolean {
  if (type === "api" || type === "sagemaker") return true;
  return type === "auto" && endpoint === null && path === null;
}

/** Whether the token exchange service provides credentials. */
export async function credentialsLine(env: Env, source: Settings["source"], exchange: Exchange): Promise<DoctorLine> {
  const { ok, problem, note, notTried } = linesOf("nucleus.credentials", "credentials from the token exchange service");
  const isNeeded = needsCredentials(source);
  if (!env.AWS_CONTAINER_AUTHORIZATION_TOKEN && !env.AWS_CONTAINER_CREDENTIALS_FULL_URI) {
    return notTried(isNeeded ? "this process has no token for it" : "the source of job descriptions needs none");
  }
  try {
    const { expiration } = await exchange();
    return ok(`credentials until ${expiration.toISOString()}`);
  } catch (error) {
    const fix =
      "Check that aws.greengrass.TokenExchangeService runs, and that the role alias's role has recipe/policies/token-exchange-role.json and trusts credentials.iot.amazonaws.com";
    return isNeeded ? problem(messageOf(error), fix) : note(messageOf(error));
  }
}
