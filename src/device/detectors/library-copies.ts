import { fileNameOf } from "../../base/paths.js";
import type { Host } from "../host.js";
import type { LibrarySighting } from "../libraries.js";
import { type LibraryName, versionIn } from "./library-files.js";

/** The most folders to list, whatever the machine has. */
const MOST_LISTS = 600;
const MOST_NAMES = 200;
const PYTHON = /^python3\.\d{1,2}$/;
const CONDA = /^(?:mini|ana|mamba|micromamba|miniforge|mambaforge)?(?:conda|forge|mamba)?\d?$/i;

/** Finds copies of libraries that only the programs which brought them load. */
export interface LibraryCopies {
  /** All copies of one library; `wheels` are the names of its Python packages, whose dist-info states the version. */
  find(name: LibraryName, wheels: RegExp): LibrarySighting[];
}

/**
 * Libraries where the loader does not look. Looks at, in home folders, /root, /opt, /srv, /mnt, /media, /data,
 * /workspace, /app and Greengrass' work folders, and in the environments of projects there: pip's
 * site-packages/{tensorrt,tensorrt_libs,nvidia/<package>/lib}, conda's lib, unpacked TensorRT-* archives; also
 * /usr/local/lib/python3.X. Lists 600 folders at most.
 */
export function libraryCopies(host: Host): LibraryCopies {
  let folders: readonly CopyFolder[] | null = null;
  return {
    find(name, wheels) {
      folders ??= copyFolders(host);
      return folders.flatMap((folder) => copiesIn(host, folder, name, wheels));
    },
  };
}

interface CopyFolder {
  readonly folder: string;
  /** The site-packages folder that it belongs to; null for conda and archives. */
  readonly packages: string | null;
  readonly what: string;
}

function copiesIn(host: Host, { folder, packages, what }: CopyFolder, name: LibraryName, wheels: RegExp) {
  const listed = host.list(folder);
  const files = listed.state === "found" ? listed.value.filter((entry) => entry.startsWith(name.prefix)).sort() : [];
  const seen = new Set<string>();
  const stated = packages === null || files.length === 0 ? null : wheelVersion(host, packages, wheels);
  return files.slice(0, MOST_NAMES).flatMap((entry): LibrarySighting[] => {
    const target = host.resolve(`${folder}/${entry}`);
    const inName = versionIn(target.state === "found" ? target.value : entry, entry, {
      prefix: name.prefix,
      leastParts: 1,
    });
    if (target.state !== "found" || inName === null || seen.has(target.value)) return [];
    seen.add(target.value);
    const version = stated !== null && inName.split(".").length < name.leastParts ? stated : inName;
    const why = `it is ${what}, where the loader does not look`;
    return [{ version, from: target.value, loadable: false, kind: "FILE", preferred: false, why, isCopy: true }];
  });
}

/** The version in a folder's name, `8.6.1` in tensorrt_libs-8.6.1.dist-info. */
function wheelVersion(host: Host, packages: string, wheels: RegExp): string | null {
  const names = host.list(packages);
  if (names.state !== "found") return null;
  for (const name of [...names.value].sort()) {
    const [, wheel = "", version] = /^(\w+)-(\d+(?:\.\d+)*)/.exec(name) ?? [];
    if (name.endsWith(".dist-info") && version !== undefined && wheels.test(wheel)) return version;
  }
  return null;
}

function copyFolders(host: Host): CopyFolder[] {
  let left = MOST_LISTS;
  const list = (folder: string): readonly string[] => {
    if (left-- <= 0) return [];
    const names = host.list(folder);
    return names.state === "found" ? [...names.value].sort().slice(0, MOST_NAMES) : [];
  };
  const inside = (folder: string) => list(folder).map((name) => `${folder}/${name}`);
  const pythons = (lib: string) =>
    list(lib)
      .filter((name) => PYTHON.test(name))
      .map((name) => `${lib}/${name}`);

  const packagesIn = (packages: string): CopyFolder[] => {
    const what = `a Python package in ${packages}`;
    return [
      { folder: `${packages}/tensorrt_libs`, packages, what },
      { folder: `${packages}/tensorrt`, packages, what },
      ...inside(`${packages}/nvidia`).map((folder) => ({ folder: `${folder}/lib`, packages, what })),
    ];
  };
  const environment = (folder: string): CopyFolder[] => {
    const names = list(folder);
    if (!names.includes("lib")) return [];
    const conda = names.includes("conda-meta");
    const found = pythons(`${folder}/lib`).flatMap((python) => packagesIn(`${python}/site-packages`));
    return [
      ...found,
      ...(conda ? [{ folder: `${folder}/lib`, packages: null, what: `in the conda environment ${folder}` }] : []),
    ];
  };
  const archive = (folder: string): CopyFolder[] => {
    if (!/\/tensorrt[^/]*$/i.test(folder)) return [];
    const what = "in an archive that was unpacked there";
    return [{ folder: `${folder}/lib`, packages: null, what }];
  };
  const project = (folder: string): CopyFolder[] => {
    const name = fileNameOf(folder);
    const nested = CONDA.test(name)
      ? inside(`${folder}/envs`)
      : inside(folder).filter((inner) => /\/\.?v?env[\w-]*$|\/tensorrt[^/]*$/i.test(inner));
    return [folder, ...nested].flatMap((one) => [...environment(one), ...archive(one)]);
  };
  const homes = [...inside("/home"), "/root"];
  return [
    ...pythons("/usr/local/lib").flatMap((python) => [
      ...packagesIn(`${python}/dist-packages`),
      ...packagesIn(`${python}/site-packages`),
    ]),
    ...homes
      .flatMap((home) => [`${home}/.local`, ...inside(home).filter((folder) => !folder.endsWith("/.local"))])
      .flatMap(project),
    ...["/data", "/workspace", "/app"].flatMap(project),
    ...["/opt", "/srv", "/mnt", "/media", "/data", "/workspace", "/greengrass/v2/work"]
      .flatMap(inside)
      .flatMap(project),
  ];
}
