import { symbolVersion, type VersionFamily } from "../base/elf-versions.js";
import { folderOf } from "../base/paths.js";
import { compareVersionTexts } from "../base/version.js";
import type { FileEvidence, Linkage } from "./evidence.js";
import type { ModelStatement, PackagedModel } from "./model.js";

interface Loader {
  readonly path: string;
  readonly linkage: Linkage;
}

/** What a model's libraries require of the machine: libraries that the model does not ship, and the newest symbol versions. */
export function demandsOf(files: readonly FileEvidence[]): Pick<PackagedModel, "loads" | "floors"> {
  const loaders = files.flatMap(({ path, linkage }) => (linkage === null ? [] : [{ path, linkage }]));
  const brought = broughtBy(files);
  return {
    loads: loaders.flatMap(({ path, linkage }) =>
      [...new Set(linkage.needed)]
        .filter((library) => !brought({ path, linkage }, library))
        .map((value): ModelStatement => ({ value, path, place: "DT_NEEDED", how: "NEEDED", confidence: "FIRM" })),
    ),
    floors: {
      glibc: floor(loaders, brought, "GLIBC"),
      glibcxx: floor(loaders, brought, "GLIBCXX"),
    },
  };
}

type Brought = (loader: Loader, library: string) => boolean;

/** Whether the model ships a library: in the folder of the library that loads it, or in a folder of its RUNPATH. */
function broughtBy(files: readonly FileEvidence[]): Brought {
  const names = new Set(
    files.flatMap(({ path, linkage }) => {
      const folder = folderOf(path);
      const soname = linkage?.soname ?? null;
      return [path, ...(soname === null ? [] : [`${folder}/${soname}`])];
    }),
  );
  return ({ path, linkage }, library) =>
    [folderOf(path), ...linkage.folders].some((folder) => names.has(`${folder}/${library}`));
}

function floor(loaders: readonly Loader[], brought: Brought, family: VersionFamily): ModelStatement | null {
  const asked = loaders.flatMap((loader) =>
    loader.linkage.versionNeeds
      .filter(({ library }) => !brought(loader, library))
      .flatMap(({ library, versions }) =>
        versions.flatMap((version): ModelStatement[] => {
          const value = symbolVersion(version, family);
          if (value === null) return [];
          const place = `.gnu.version_r, ${library}`;
          return [{ value, path: loader.path, place, how: "ELF", confidence: "FIRM" }];
        }),
      ),
  );
  return asked.sort((a, b) => compareVersionTexts(a.value, b.value)).at(-1) ?? null;
}
