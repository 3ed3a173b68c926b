import { isObject } from "../base/json.js";
import type { Flavour } from "./flavour.js";
import { isStringList } from "./json-objects.js";

/** An action that a component requests, in a policy's terms. */
export interface Permission {
  /** The IPC service, such as `aws.greengrass.ipc.mqttproxy`. */
  readonly service: string;
  /** The full name, such as `aws.greengrass#PublishToIoTCore`. */
  readonly operation: string;
  /** Topic, topic filter, component name or shadow. */
  readonly resource: string;
}

/** A runtime's way of reading policies. */
interface PolicyReader {
  readonly flavour: Flavour;
  /** Replaces recipe variables in a resource; null when one cannot be resolved. */
  readonly resolve: (resource: string) => string | null;
}

/** Whether a component's `accessControl` grants a permission. Anything malformed grants nothing. */
export function isAllowed(reader: PolicyReader, accessControl: unknown, permission: Permission): boolean {
  // Lite refuses a requested resource that would be malformed in a policy.
  if (reader.flavour === "lite" && resourceFault(permission.resource)) return false;
  const policies = isObject(accessControl) ? accessControl[permission.service] : null;
  if (!isObject(policies)) return false;
  return Object.values(policies).some((policy) => grants(reader, policy, permission));
}

function grants(reader: PolicyReader, policy: unknown, { service, operation, resource }: Permission): boolean {
  if (!isObject(policy) || !isStringList(policy.operations) || !isStringList(policy.resources)) return false;
  if (!policy.operations.some((named) => named === "*" || named === operation)) return false;
  const isMqtt = service === "aws.greengrass.ipc.mqttproxy";
  return policy.resources.some((written) => {
    const pattern = reader.resolve(written);
    if (pattern === null || pattern === "" || resourceFault(pattern)) return false;
    return reader.flavour === "classic"
      ? patternFor(pattern, isMqtt).test(resource)
      : patternFor(pattern, false).test(resource) || (isMqtt && liteFilter(pattern).test(resource));
  });
}

/** Whether a resource is malformed: `?` must be written `${?}`, and only `*`, `?` and `$` are allowed in `${}`. */
function resourceFault(resource: string): boolean {
  return /[?]|\$\{/.test(resource.replace(/\$\{[*?$]\}/g, ""));
}

/** A resource as a regular expression: `*` is any run of characters; with `mqtt`, `+` and `#` as whole levels are wildcards too. */
function patternFor(resource: string, mqtt: boolean): RegExp {
  let pattern = "";
  for (let i = 0; i < resource.length; i++) {
    const escaped = /^\$\{(.)\}/.exec(resource.slice(i, i + 4))?.[1];
    if (escaped !== undefined) {
      pattern += literal(escaped);
      i += 3;
      continue;
    }
    const char = resource[i] as string;
    const startsLevel = i === 0 || resource[i - 1] === "/";
    const next = resource[i + 1];
    if (char === "*") pattern += ".*";
    else if (mqtt && char === "+" && startsLevel && (next === undefined || next === "/")) pattern += "[^/]*";
    else if (mqtt && char === "#" && startsLevel && next === undefined) {
      // "abc/#" covers "abc" itself.
      pattern = i === 0 ? ".*" : `${pattern.slice(0, -1)}(?:/.*)?`;
    } else pattern += literal(char);
  }
  return new RegExp(`^${pattern}$`, "s");
}

/** Lite's MQTT matching: `+` is a run without slash, `#` the rest, `*` itself. */
function liteFilter(resource: string): RegExp {
  const [head = "", ...rest] = resource.split("#");
  const pattern = head.split("+").map(literal).join("[^/]*");
  return new RegExp(`^${pattern}${rest.length > 0 ? ".*" : ""}$`, "s");
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
