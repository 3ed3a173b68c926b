import type { FileType, Host, Lookup } from "./host.js";

const MOST_LINKS = 40;

/** A lookup that found something. */
export function found<T>(value: T): Lookup<T> {
  return { state: "found", value };
}

/** Continues with the value if something was found; anything else stays as it is. */
export function chain<A, B>(lookup: Lookup<A>, next: (value: A) => Lookup<B>): Lookup<B> {
  return lookup.state === "found" ? next(lookup.value) : lookup;
}

/** Why a file is not read: it is larger than the limit. */
export function tooLarge(sizeBytes: number, limitBytes: number): Lookup<never> {
  return { state: "unreadable", why: `has ${sizeBytes} bytes or more, at most ${limitBytes} are read` };
}

/** Why a path is not read: it is not a regular file. */
export function notFile(kind: FileType): Lookup<never> {
  return { state: "unreadable", why: `is a ${kind}, not a file` };
}

/** For what a copy of a machine's files does not show. */
export const ONLY_RUNNING: Lookup<never> = { state: "unreadable", why: "only known on the running machine" };

/**
 * The path with every link followed, as chroot does: `..` stops at the root, and absolute links start there. `linkAt`
 * returns the target of the link at a path whose folder is free of links, null if something else is there.
 */
export function followLinks(path: string, linkAt: (path: string) => Lookup<string | null>): Lookup<string> {
  const ahead = path.split("/").reverse();
  const done: string[] = [];
  let links = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      done.pop();
      continue;
    }
    const link = linkAt(`/${[...done, part].join("/")}`);
    if (link.state !== "found") return link;
    if (link.value === null) {
      done.push(part);
      continue;
    }
    links++;
    if (links > MOST_LINKS) return { state: "unreadable", why: "too many levels of links" };
    if (link.value.startsWith("/")) done.length = 0;
    ahead.push(...link.value.split("/").reverse());
  }
  return found(`/${done.join("/")}`);
}

/** The names in a folder that match, sorted; empty if the folder cannot be listed. */
export function namesIn(host: Host, folder: string, names: RegExp): string[] {
  const list = host.list(folder);
  return list.state === "found" ? list.value.filter((name) => names.test(name)).sort() : [];
}

/** The same as paths. */
export function pathsIn(host: Host, folder: string, names: RegExp): string[] {
  return namesIn(host, folder, names).map((name) => `${folder}/${name}`);
}
