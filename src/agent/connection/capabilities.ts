import { COMPONENT, SHADOW } from "../../base/names.js";
import type { Capabilities, Capability } from "../../report/report.js";

/** The calls to the nucleus that show what it offers; every call ends. */
interface Probed {
  isConfigured(component: string): Promise<boolean>;
  componentDetails(component: string): Promise<{ readonly kind: string; readonly why?: string }>;
  shadow(thing: string, name: string): Promise<unknown>;
}

/** Without Greengrass. */
export const NOTHING_OFFERED: Capabilities = {
  spool: "MISSING",
  shadow: "MISSING",
  componentDetails: "MISSING",
  validation: "MISSING",
  updates: "MISSING",
};

/**
 * Probes what this nucleus offers, by querying things that exist on every device: the component itself, its shadow, the
 * nucleus's own configuration (nucleus lite has neither a spool nor validation events). `updates`: whether the subscription
 * to deployments was granted. Never throws.
 */
export async function probeCapabilities(
  nucleus: Probed,
  thing: string,
  updates: Promise<boolean>,
): Promise<Capabilities> {
  const [isLite, details, shadow, areAnnounced] = await Promise.all([
    nucleus.isConfigured("aws.greengrass.NucleusLite").catch(() => false),
    nucleus.componentDetails(COMPONENT),
    nucleus.shadow(thing, SHADOW).then(
      () => "AVAILABLE" as const,
      (error: unknown) => refusal(String(error)),
    ),
    updates,
  ]);
  const ofClassic = isLite ? "MISSING" : "AVAILABLE";
  return {
    spool: ofClassic,
    shadow,
    componentDetails: details.kind === "unsupported" ? refusal(details.why ?? "") : "AVAILABLE",
    validation: ofClassic,
    updates: areAnnounced ? "AVAILABLE" : "MISSING",
  };
}

/** Both nuclei name this error when an operation is not granted. */
function refusal(why: string): Capability {
  return why.includes("UnauthorizedError") ? "DENIED" : "MISSING";
}
