import { resolve } from "node:path";
import { InvalidInputError, UsageError } from "../base/errors.js";
import type { Host } from "../device/host.js";
import { explainDenied } from "../model/explain-denied.js";
import { GREENGRASS_ROOTS, type StoredVersion, storedVersions } from "../model/find-models.js";
import type { PackagedModel, Unread } from "../model/model.js";
import { modelJson } from "../model/model-json.js";
import { readModel } from "../model/read-model.js";
import { renderModel } from "../model/render-model.js";
import { MODEL } from "./help/specs/model.js";
import type { Command } from "./shared/command.js";
import { hostAt } from "./shared/host-at.js";
import { parseOptions } from "./shared/parse-options.js";
import { progress, withProgress } from "./shared/progress-bar.js";
import { textStyle } from "./shared/terminal.js";

/** `packdrift model`: what a packaged model's own files say. Exits with 0 if all of them could be read, else 2. */
export const model: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, MODEL);
  if (values.component === undefined && positionals.length === 0) {
    throw new UsageError("Nothing to read: needs PATH… or --component NAME[=VERSION]");
  }
  const shown = progress(terminal, "Reading files", null);
  const host = withProgress(hostAt(values.root), shown);
  const read = explainDenied(
    values.component === undefined ? readPaths(host, positionals, values.root) : readComponent(host, values.component),
  );
  shown.end();
  terminal.out(values.json ? `${JSON.stringify(modelJson(read), null, 1)}\n` : renderModel(read, textStyle(terminal)));
  return read.unread.length === 0 && read.files.length > 0 ? 0 : 2;
};

/** With `--root`, paths are relative to it. */
function readPaths(host: Host, paths: readonly string[], root: string | undefined): PackagedModel {
  const absolute = paths.map((path) => (root === undefined ? resolve(path) : resolve("/", path)));
  for (const path of absolute) {
    if (host.kind(path).state === "absent")
      throw new InvalidInputError(`Cannot read "${path}": there is no such file or folder`);
  }
  return readModel(host, absolute);
}

function readComponent(host: Host, named: string): PackagedModel {
  const match = /^([\w.-]{1,128})(?:=(\d{1,6}\.\d{1,6}\.\d{1,6}))?$/.exec(named);
  if (match === null) throw new UsageError(`Cannot read --component: must be NAME or NAME=x.y.z, is "${named}"`);
  const [, name = "", version = null] = match;
  const stores = GREENGRASS_ROOTS.map((root) => storedVersions(host, root, name));
  const unread = stores.flatMap((store) => store.unread);
  const stored = pick(
    stores.flatMap(({ versions }) => versions),
    { name, version, unread },
  );
  const read = readModel(host, stored?.folders ?? [], { component: name, version: stored?.version ?? version });
  return { ...read, unread: [...unread, ...read.unread] };
}

/** The requested version; null if the store cannot be listed, since it may be there. Throws InvalidInputError for none or several. */
function pick(
  versions: readonly StoredVersion[],
  {
    name,
    version,
    unread,
  }: { readonly name: string; readonly version: string | null; readonly unread: readonly Unread[] },
): StoredVersion | null {
  const fitting = versions.filter((stored) => version === null || stored.version === version);
  const [first, ...others] = fitting;
  if (first !== undefined && others.length === 0) return first;
  const stored = versions.map((one) => one.version).join(", ");
  if (first !== undefined) {
    throw new InvalidInputError(
      `Component "${name}" is stored in versions ${stored}: name one, --component ${name}=${first.version}`,
    );
  }
  if (unread.length > 0) return null;
  const where = GREENGRASS_ROOTS.map((root) => `${root}/packages`).join(" or ");
  if (versions.length === 0) throw new InvalidInputError(`Component "${name}" is not stored in ${where}`);
  throw new InvalidInputError(`Component "${name}" is not stored in version ${version}, but in ${stored}`);
}
