import { isObject } from "../../base/json.js";

/**
 * Whether an access control of the component grants an operation on a resource: `*` is any run of characters; in MQTT services
 * `+` is one level and `#` the rest.
 */
export function isGranted(accessControl: unknown, service: string, operation: string, resource: string): boolean {
  const policies = isObject(accessControl) ? accessControl[service] : null;
  if (!isObject(policies)) return false;
  return Object.values(policies).some((policy) => {
    if (!isObject(policy) || !Array.isArray(policy.operations) || !Array.isArray(policy.resources)) return false;
    const allows = policy.operations.some((one) => one === "*" || one === operation);
    return allows && policy.resources.some((one) => typeof one === "string" && patternOf(one).test(resource));
  });
}

function patternOf(resource: string): RegExp {
  const literal = resource.replace(/[\\^$.+?()[\]{}|#]/g, "\\$&");
  const pattern = literal
    .replace(/\*/g, ".*")
    .replace(/(^|\/)\\\+(?=\/|$)/g, "$1[^/]*")
    .replace(/\/\\#$/, "(/.*)?");
  return new RegExp(`^${pattern}$`, "s");
}
