import type { Host } from "../../device/host.js";
import { type ModelAnswer, packagedModels } from "../../examiner/models/packaged-models.js";
import { GREENGRASS_ROOTS } from "../../model/find-models.js";
import { readModel } from "../../model/read-model.js";

/**
 * The model of a component in the package store of the machine's nucleus, wherever that is; `version` is the deployed
 * one, null if it is not known.
 */
export async function storedModel(host: Host, component: string, version: string | null): Promise<ModelAnswer> {
  const readFolders: Parameters<typeof packagedModels>[0]["readFolders"] = async (folders, named) =>
    readModel(host, folders, named);
  const reasons: string[] = [];
  for (const greengrassRoot of GREENGRASS_ROOTS) {
    const answer = await packagedModels({ tree: host, greengrassRoot, readFolders }).read(component, version);
    if (answer.kind === "found") return answer;
    reasons.push(answer.why);
  }
  return { kind: "none", why: reasons.join("; ") };
}
