import { join } from "node:path";
import { WORK_FILES } from "../../base/work-files.js";
import { MOST_STORED_BYTES } from "../../platform/file-store.js";
import { readInheritedFile } from "../../platform/safe-files.js";
import { parseYamlDocument } from "../../platform/yaml.js";
import type { RawConfiguration } from "./examine-configuration.js";

/**
 * The configuration in the work folder, as the component stored it last; null if there is none, or if an untrusted user
 * may have written it: root's credentials sign a request to the endpoint that it names.
 */
export function lastGoodConfiguration(work: string): RawConfiguration | null {
  const path = join(work, WORK_FILES.lastGood);
  try {
    const bytes = readInheritedFile(work, WORK_FILES.lastGood, MOST_STORED_BYTES);
    if (bytes === null) return null;
    const raw: unknown = JSON.parse(bytes.toString("utf8"));
    return { raw: typeof raw === "string" ? parseYamlDocument(raw) : raw, from: `the last good one, ${path}` };
  } catch {
    return null;
  }
}
