import type { Host, Look } from "../host.js";
import type { Slice, Tree, TreeNode } from "./tree-host.js";

/** A host, and all that was read through it so far. */
export interface Recording {
  readonly host: Host;
  /** What was read, as a tree that gives the same answers. */
  tree(): Tree;
}

/** Names recorded of one folder; a folder with more is recorded as one that cannot be read. */
const MOST_NAMES = 20_000;
const MOST_LINKS = 40;

/** The same host, whose answers are recorded. */
export function recordHost(host: Host): Recording {
  const recorder = new Recorder(host);
  return {
    host: {
      uname: () => host.uname(),
      text: (path, limitBytes) => {
        const look = host.text(path, limitBytes);
        recorder.whole(path, look.state === "found" ? found(Buffer.from(look.value, "latin1")) : look);
        return look;
      },
      bytes: (path, limitBytes) => recorder.whole(path, host.bytes(path, limitBytes)),
      head: (path, sizeBytes) => {
        const look = host.head(path, sizeBytes);
        recorder.head(path, sizeBytes, look);
        return look;
      },
      scan: (path, limitBytes, each) => {
        const pieces: Buffer[] = [];
        const look = host.scan(path, limitBytes, (piece) => {
          pieces.push(Buffer.from(piece, "latin1"));
          each(piece);
        });
        recorder.whole(path, look.state === "found" ? found(Buffer.concat(pieces)) : look);
        return look;
      },
      list: (path) => recorder.list(path, host.list(path)),
      link: (path) => {
        recorder.walk(path);
        return host.link(path);
      },
      resolve: (path) => {
        recorder.walk(path);
        return host.resolve(path);
      },
      kind: (path) => {
        recorder.walk(path);
        return host.kind(path);
      },
      denied: (path, mode) => recorder.denied(path, mode, host.denied(path, mode)),
      freeBytes: (path) => recorder.freeBytes(path, host.freeBytes(path)),
    },
    tree: () => recorder.tree(),
  };
}

class Recorder {
  readonly #host: Host;
  readonly #nodes = new Map<string, TreeNode>();
  readonly #unreadable = new Map<string, string>();
  readonly #denied = new Map<string, string | null>();
  readonly #freeBytes = new Map<string, number>();

  constructor(host: Host) {
    this.#host = host;
  }

  tree(): Tree {
    const uname = this.#host.uname();
    return {
      uname: uname.state === "found" ? uname.value : null,
      nodes: this.#nodes,
      answers: { unreadable: this.#unreadable, denied: this.#denied, freeBytes: this.#freeBytes },
    };
  }

  /** Records what is on the way to a path, each link in turn; the path without links, null where it leads nowhere. */
  walk(path: string): string | null {
    const ahead = path.split("/").reverse();
    let here = "";
    let links = 0;
    for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
      if (part === "" || part === ".") continue;
      if (part === "..") {
        here = here.slice(0, here.lastIndexOf("/"));
        continue;
      }
      const node = this.#note(`${here}/${part}`);
      if (node === null) return null;
      if (node.kind !== "link") {
        here = `${here}/${part}`;
        continue;
      }
      links++;
      if (links > MOST_LINKS) return null;
      if (node.target.startsWith("/")) here = "";
      ahead.push(...node.target.split("/").reverse());
    }
    return here || "/";
  }

  /** Records one path, whose folder is free of links; null where nothing is there. */
  #note(path: string): TreeNode | null {
    const known = this.#nodes.get(path);
    if (known !== undefined) return known;
    const node = this.#look(path);
    if (node !== null) this.#nodes.set(path, node);
    return node;
  }

  #look(path: string): TreeNode | null {
    const link = this.#host.link(path);
    if (link.state === "found") return { kind: "link", target: link.value };
    const kind = this.#host.kind(path);
    if (kind.state === "absent") return null;
    if (kind.state === "unreadable") this.#unreadable.set(path, kind.why);
    if (kind.state === "found" && kind.value !== "file") return { kind: kind.value };
    return { kind: "file", sizeBytes: null, slices: [] };
  }

  whole(path: string, look: Look<Uint8Array>): Look<Uint8Array> {
    const real = this.walk(path);
    if (real === null) return look;
    if (look.state === "found") {
      this.#nodes.set(real, { kind: "file", content: look.value });
      this.#unreadable.delete(real);
    } else if (look.state === "unreadable" && !this.#isWhole(real)) this.#unreadable.set(real, look.why);
    return look;
  }

  head(path: string, sizeBytes: number, look: Look<string>): void {
    if (look.state !== "found" || look.value.length < sizeBytes) {
      this.whole(path, look.state === "found" ? found(Buffer.from(look.value, "latin1")) : look);
      return;
    }
    const real = this.walk(path);
    if (real !== null && !this.#isWhole(real))
      this.#addSlice(real, { at: 0, bytes: Buffer.from(look.value, "latin1") });
  }

  list(path: string, look: Look<readonly string[]>): Look<readonly string[]> {
    const real = this.walk(path);
    if (real === null) return look;
    if (look.state === "unreadable") this.#unreadable.set(real, look.why);
    if (look.state !== "found") return look;
    if (look.value.length > MOST_NAMES)
      this.#unreadable.set(real, `has ${look.value.length} names, too many for a snapshot`);
    else for (const name of look.value) this.#note(`${real === "/" ? "" : real}/${name}`);
    return look;
  }

  denied(path: string, mode: string, look: Look<string | null>): Look<string | null> {
    const real = this.walk(path);
    if (real !== null && look.state === "found") this.#denied.set(`${mode} ${real}`, look.value);
    return look;
  }

  freeBytes(path: string, look: Look<number>): Look<number> {
    const real = this.walk(path);
    if (real !== null && look.state === "found") this.#freeBytes.set(real, look.value);
    return look;
  }

  #isWhole(path: string): boolean {
    const node = this.#nodes.get(path);
    return node?.kind === "file" && "content" in node;
  }

  #addSlice(path: string, slice: Slice): void {
    const node = this.#nodes.get(path);
    const known = node?.kind === "file" && "slices" in node ? node : { sizeBytes: null, slices: [] };
    this.#nodes.set(path, { kind: "file", sizeBytes: known.sizeBytes, slices: [...known.slices, slice] });
  }
}

function found<T>(value: T): Look<T> {
  return { state: "found", value };
}
