import { type Host, type Kind, type Lookup, MOST_BYTES, type Uname, USUAL_BYTES } from "../../src/device/host.js";

/** What stands at a path: text, bytes, or something special. Folders follow from the paths. */
export type Entry =
  | string
  | Uint8Array
  | { readonly link: string }
  | { readonly kind: Kind; readonly denied?: string }
  | { readonly unreadable: string };

export interface FakeTree {
  readonly [path: string]: Entry;
}

const MOST_LINKS = 40;

/** A machine in memory that keeps every promise of the port. */
export function fakeHost(tree: FakeTree, uname: Uname | null = null): Host {
  const folders = new Set(["/"]);
  for (const path of Object.keys(tree)) {
    for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) folders.add(path.slice(0, at));
  }
  const at = (path: string): Entry | undefined => (Object.hasOwn(tree, path) ? tree[path] : undefined);

  const resolve = (path: string): Lookup<string> => {
    const ahead = path.split("/").reverse();
    const done: string[] = [];
    let links = 0;
    for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
      if (part === "" || part === ".") continue;
      if (part === "..") {
        done.pop();
        continue;
      }
      const here = `/${[...done, part].join("/")}`;
      const entry = at(here);
      if (entry === undefined && !folders.has(here)) return { state: "absent" };
      if (typeof entry !== "object" || !("link" in entry)) {
        done.push(part);
        continue;
      }
      links++;
      if (links > MOST_LINKS) return { state: "unreadable", why: "too many levels of links" };
      if (entry.link.startsWith("/")) done.length = 0;
      ahead.push(...entry.link.split("/").reverse());
    }
    return { state: "found", value: `/${done.join("/")}` };
  };

  const load = (path: string): Lookup<Uint8Array> => {
    const real = resolve(path);
    if (real.state !== "found") return real;
    const entry = at(real.value);
    if (entry === undefined) return { state: "unreadable", why: "is a folder, not a file" };
    if (typeof entry === "string") return { state: "found", value: Buffer.from(entry, "latin1") };
    if (entry instanceof Uint8Array) return { state: "found", value: entry };
    if ("unreadable" in entry) return { state: "unreadable", why: entry.unreadable };
    return { state: "unreadable", why: "kind" in entry ? `is a ${entry.kind}, not a file` : "is a link" };
  };
  const whole = (path: string, limitBytes: number): Lookup<Uint8Array> => {
    const bytes = load(path);
    const limit = Math.min(limitBytes, MOST_BYTES);
    if (bytes.state !== "found" || bytes.value.length <= limit) return bytes;
    return { state: "unreadable", why: `has ${bytes.value.length} bytes or more, at most ${limit} are read` };
  };
  const text = (look: Lookup<Uint8Array>): Lookup<string> =>
    look.state === "found" ? { state: "found", value: Buffer.from(look.value).toString("latin1") } : look;
  const kind = (path: string): Lookup<Kind> => {
    const real = resolve(path);
    if (real.state !== "found") return real;
    const entry = at(real.value);
    if (entry === undefined) return { state: "found", value: "folder" };
    return { state: "found", value: typeof entry === "object" && "kind" in entry ? entry.kind : "file" };
  };

  return {
    uname: () => (uname === null ? { state: "absent" } : { state: "found", value: uname }),
    text: (path, limitBytes = USUAL_BYTES) => text(whole(path, limitBytes)),
    bytes: (path, limitBytes = USUAL_BYTES) => whole(path, limitBytes),
    head(path, sizeBytes) {
      const bytes = load(path);
      return text(bytes.state === "found" ? { state: "found", value: bytes.value.subarray(0, sizeBytes) } : bytes);
    },
    slice(path, offset, sizeBytes) {
      const bytes = load(path);
      return bytes.state === "found"
        ? { state: "found", value: bytes.value.subarray(offset, offset + sizeBytes) }
        : bytes;
    },
    size(path) {
      const bytes = load(path);
      return bytes.state === "found" ? { state: "found", value: bytes.value.length } : bytes;
    },
    scan(path, limitBytes, each) {
      const bytes = load(path);
      if (bytes.state !== "found") return bytes;
      const size = bytes.value.length;
      if (size > limitBytes)
        return { state: "unreadable", why: `has ${size} bytes or more, at most ${limitBytes} are read` };
      // Odd pieces, so that every boundary is met.
      const all = Buffer.from(bytes.value).toString("latin1");
      for (let from = 0; from < all.length; from += 97) each(all.slice(from, from + 97));
      return { state: "found", value: size };
    },
    list(path) {
      const real = resolve(path);
      if (real.state !== "found") return real;
      const entry = at(real.value);
      if (typeof entry === "object" && "unreadable" in entry) return { state: "unreadable", why: entry.unreadable };
      if (!folders.has(real.value)) return { state: "absent" };
      const prefix = real.value === "/" ? "/" : `${real.value}/`;
      const inside = [...folders, ...Object.keys(tree)].filter((name) => name.startsWith(prefix) && name !== prefix);
      return {
        state: "found",
        value: [...new Set(inside.map((name) => name.slice(prefix.length).split("/", 1)[0] ?? ""))],
      };
    },
    link(path) {
      const cut = path.lastIndexOf("/");
      const folder = resolve(path.slice(0, cut) || "/");
      if (folder.state !== "found") return folder;
      const entry = at(`${folder.value === "/" ? "" : folder.value}${path.slice(cut)}`);
      return typeof entry === "object" && "link" in entry ? { state: "found", value: entry.link } : { state: "absent" };
    },
    resolve,
    kind,
    denied(path) {
      const real = resolve(path);
      if (real.state !== "found") return real;
      const entry = at(real.value);
      if (typeof entry !== "object") return { state: "found", value: null };
      if ("unreadable" in entry) return { state: "found", value: entry.unreadable };
      return { state: "found", value: "kind" in entry ? (entry.denied ?? null) : null };
    },
    freeBytes: (path) =>
      kind(path).state === "found" ? { state: "found", value: 10 * 1024 ** 3 } : { state: "absent" },
  };
}

/** What uname says on a 64-bit machine. */
export function someUname(machine: "aarch64" | "x86_64" | "armv7l" = "x86_64"): Uname {
  return { sysname: "Linux", release: "5.4.0", machine, from: "uname" };
}

/** The first bytes of an ELF program. */
export function elf(bits: 32 | 64, machine: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits === 32 ? 1 : 2, 1, 1]);
  bytes[18] = machine & 0xff;
  bytes[19] = machine >> 8;
  return bytes;
}
