import type { ModelStatement, PackagedModel } from "./model.js";

/** What `packdrift model --json` prints; described by model.schema.json. */
export function modelJson(model: PackagedModel): object {
  const { component, version, files, arch, accelerator, tensorrt, cuda, ptxIsa, codes, loads, floors, unread } = model;
  return {
    schema: "packdrift.model/1",
    component,
    version,
    files,
    arch: orNull(arch),
    accelerator: orNull(accelerator),
    tensorrt: tensorrt.map(statementJson),
    cuda: cuda.map(statementJson),
    ptxIsa: orNull(ptxIsa),
    codes: codes.map(statementJson),
    loads: loads.map(statementJson),
    floors: { glibc: orNull(floors.glibc), glibcxx: orNull(floors.glibcxx) },
    unread,
  };
}

function orNull<Value>(statement: ModelStatement<Value> | null): object | null {
  return statement === null ? null : statementJson(statement);
}

function statementJson<Value>({ value, path, place, how, confidence }: ModelStatement<Value>): object {
  return { value, from: `${path}: ${place}`, how, confidence };
}
