import { isObject } from "../base/json.js";
import type { FileSlices } from "./file-slices.js";
import { memberList, memberObject, readJsonObject } from "./json-file.js";

/** The content of a package's manifest.json: the folders of its stages, in order. */
export interface Manifest {
  readonly stages: readonly string[];
  readonly problems: readonly string[];
}

const MOST_STAGES = 64;

/** Reads manifest.json. It names no target; the folder of each stage, named after the stage's type, has the files that do. */
export function readManifest(slices: FileSlices): Manifest {
  const read = readJsonObject(slices);
  if ("problem" in read) return { stages: [], problems: [read.problem] };
  const listed = memberList(memberObject(read.object, "model_graph"), "stages");
  const types = listed.slice(0, MOST_STAGES).map((stage) => (isObject(stage) ? stage.type : null));
  const names = types.filter((type): type is string => typeof type === "string" && /^[\w.-]{1,128}$/.test(type));
  const problems = [];
  if (names.length < types.length) problems.push("a stage in model_graph.stages has no usable type");
  if (listed.length > MOST_STAGES) problems.push(`it names ${listed.length} stages, at most ${MOST_STAGES} are read`);
  return { stages: [...new Set(names)].filter((name) => !/^\.+$/.test(name)), problems };
}
