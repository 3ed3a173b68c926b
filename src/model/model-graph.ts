import { isObject } from "../base/json.js";
import { type Evidence, type FileEvidence, silentFile } from "./evidence.js";
import type { FileSlices } from "./file-slices.js";
import { memberList, memberObject, readJsonObject } from "./json-file.js";

/** The number of CUDA among TVM's device types. */
const CUDA_DEVICE = 2;

/** compiled_model.json: the graph that TVM runs. The names of functions show which compiler made them, and it may list devices. */
export function readModelGraph(path: string, slices: FileSlices): FileEvidence {
  const read = readJsonObject(slices);
  if ("problem" in read) return silentFile(path, "GRAPH", [read.problem]);
  const nvidia = (place: string): Evidence<"NVIDIA"> => ({ value: "NVIDIA", place, how: "META", stated: false });
  const accelerator: Evidence<"NVIDIA">[] = [];
  // ["list_int", [1, 2, 2]]
  const devices = memberList(memberObject(read.object, "attrs"), "device_index")[1];
  if (Array.isArray(devices) && devices.includes(CUDA_DEVICE)) accelerator.push(nvidia("attrs.device_index"));
  if (memberList(read.object, "nodes").some(isTensorrt)) accelerator.push(nvidia("nodes, func_name"));
  return { ...silentFile(path, "GRAPH"), accelerator };
}

function isTensorrt(node: unknown): boolean {
  if (!isObject(node)) return false;
  const { func_name: name } = memberObject(node, "attrs");
  return typeof name === "string" && /(?:^|_)tensorrt_/.test(name);
}
