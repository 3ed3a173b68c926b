import { LONGEST_PATH, withoutEndSlashes } from "../base/paths.js";
import type { Host } from "./host.js";
import type { Problem } from "./sightings.js";

const LD_CONF = "/etc/ld.so.conf";
const LD_CONF_FOLDER = "/etc/ld.so.conf.d";
const MOST_FILES = 200;
const MOST_FOLDERS = 500;
const MOST_DEPTH = 4;
/** Machines have a single one; each lists a folder. */
const MOST_INCLUDES = 20;

/** The folders that ldconfig would search besides the trusted ones. */
export interface LoaderConfiguration {
  /** In the order in which they are named, links not followed. */
  readonly folders: readonly string[];
  /** Whether ld.so.conf itself exists, not only files that it may include. */
  readonly hasMain: boolean;
  readonly problems: readonly Problem[];
}

/**
 * ldconfig's configuration. Looks at: /etc/ld.so.conf and the files that its `include` lines name; where it is missing,
 * /etc/ld.so.conf.d/*.conf.
 */
export function readLoaderConfiguration(host: Host): LoaderConfiguration {
  const folders: string[] = [];
  const problems: Problem[] = [];
  const read = new Set<string>();
  let includes = 0;
  const follow = (path: string, depth: number): boolean => {
    if (read.has(path) || read.size >= MOST_FILES || depth > MOST_DEPTH) return false;
    read.add(path);
    const text = host.text(path);
    if (text.state === "unreadable") problems.push({ from: path, why: text.why });
    if (text.state !== "found") return false;
    for (const line of text.value.split("\n")) {
      const [, word = "", rest = ""] = /^\s*([^\s#]+)\s*([^#]*)/.exec(line) ?? [];
      if (word === "include" && includes < MOST_INCLUDES && read.size < MOST_FILES) {
        includes++;
        for (const file of filesOf(host, rest.trim())) follow(file, depth + 1);
      }
      // Written as `/folder` or, long ago, as `/folder=libc6`.
      const folder = word.replace(/=.*$/, "");
      const isFolder = folder.startsWith("/") && folder.length < LONGEST_PATH;
      if (isFolder && folders.length < MOST_FOLDERS) folders.push(withoutEndSlashes(folder));
    }
    return true;
  };
  const hasMain = follow(LD_CONF, 0);
  if (!hasMain) for (const file of filesOf(host, `${LD_CONF_FOLDER}/*.conf`)) follow(file, 1);
  return { folders: [...new Set(folders)].filter((folder) => folder !== ""), hasMain, problems };
}

/** The files of one `include` pattern, in glob's order; a star in the last part only, as everybody writes it. */
function filesOf(host: Host, pattern: string): string[] {
  const path = pattern.startsWith("/") ? pattern : `/etc/${pattern}`;
  const cut = path.lastIndexOf("/");
  const [before = "", after] = path.slice(cut + 1).split("*");
  if (after === undefined) return [path];
  const names = host.list(path.slice(0, cut));
  if (names.state !== "found") return [];
  const fits = (name: string) => name.startsWith(before) && name.endsWith(after) && !name.startsWith(".");
  return names.value
    .filter(fits)
    .sort()
    .slice(0, MOST_FILES)
    .map((name) => `${path.slice(0, cut)}/${name}`);
}
