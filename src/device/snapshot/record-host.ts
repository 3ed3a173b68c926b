import type { Host, Lookup } from "../host.js";
import { followLinks, found } from "../lookups.js";
import { type Slice, type Tree, type TreeNode, variableKey } from "./tree-host.js";

/** A host, and everything that was read through it so far. */
interface Recording {
  readonly host: Host;
  /** What was read, as a tree that gives the same answers. */
  tree(): Tree;
}

/** The most names recorded of one folder; a folder with more is recorded as unreadable. */
const MOST_NAMES = 20_000;

/** Wraps a host so that its answers are recorded. */
export function recordHost(host: Host): Recording {
  const recorder = new Recorder(host);
  return {
    host: {
      uname: () => host.uname(),
      text: (path, limitBytes) => {
        const lookup = host.text(path, limitBytes);
        recorder.whole(path, lookup.state === "found" ? found(Buffer.from(lookup.value, "latin1")) : lookup);
        return lookup;
      },
      bytes: (path, limitBytes) => recorder.whole(path, host.bytes(path, limitBytes)),
      head: (path, sizeBytes) => {
        const lookup = host.head(path, sizeBytes);
        recorder.head(path, sizeBytes, lookup);
        return lookup;
      },
      slice: (path, offset, sizeBytes) => recorder.slice(path, offset, sizeBytes, host.slice(path, offset, sizeBytes)),
      open(path, use) {
        // A file that cannot be opened is recorded as one that cannot be read.
        const opened = host.open(path, (slice) =>
          use((offset, sizeBytes) => recorder.slice(path, offset, sizeBytes, slice(offset, sizeBytes))),
        );
        if (opened.state !== "found") recorder.slice(path, 0, 0, opened);
        return opened;
      },
      size: (path) => recorder.size(path, host.size(path)),
      scan: (path, limitBytes, each) => {
        const pieces: Buffer[] = [];
        const lookup = host.scan(path, limitBytes, (piece) => {
          pieces.push(Buffer.from(piece, "latin1"));
          each(piece);
        });
        recorder.whole(path, lookup.state === "found" ? found(Buffer.concat(pieces)) : lookup);
        return lookup;
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
      environment: (component, name) =>
        recorder.environment(variableKey(component, name), host.environment(component, name)),
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
  readonly #environment = new Map<string, string>();

  constructor(host: Host) {
    this.#host = host;
  }

  tree(): Tree {
    const uname = this.#host.uname();
    return {
      uname: uname.state === "found" ? uname.value : null,
      nodes: this.#nodes,
      answers: {
        unreadable: this.#unreadable,
        denied: this.#denied,
        freeBytes: this.#freeBytes,
        environment: this.#environment,
      },
    };
  }

  /**
   * Records what is on the way to a path, each link in turn; returns the path without links, null if it leads nowhere.
   */
  walk(path: string): string | null {
    const real = followLinks(path, (at) => {
      const node = this.#note(at);
      return node === null ? { state: "absent" } : found(node.kind === "link" ? node.target : null);
    });
    return real.state === "found" ? real.value : null;
  }

  /** Records one path, whose folder is free of links; null if nothing is there. */
  #note(path: string): TreeNode | null {
    const known = this.#nodes.get(path);
    if (known !== undefined) return known;
    const node = this.#read(path);
    if (node !== null) this.#nodes.set(path, node);
    return node;
  }

  #read(path: string): TreeNode | null {
    const link = this.#host.link(path);
    if (link.state === "found") return { kind: "link", target: link.value };
    const kind = this.#host.kind(path);
    if (kind.state === "absent") return null;
    if (kind.state === "unreadable") this.#unreadable.set(path, kind.why);
    if (kind.state === "found" && kind.value !== "file") return { kind: kind.value };
    return { kind: "file", sizeBytes: null, slices: [] };
  }

  whole(path: string, lookup: Lookup<Uint8Array>): Lookup<Uint8Array> {
    const real = this.walk(path);
    if (real === null) return lookup;
    if (lookup.state === "found") {
      this.#nodes.set(real, { kind: "file", content: lookup.value });
      this.#unreadable.delete(real);
    } else if (lookup.state === "unreadable" && !this.#isWhole(real)) this.#unreadable.set(real, lookup.why);
    return lookup;
  }

  head(path: string, sizeBytes: number, lookup: Lookup<string>): void {
    const bytes = lookup.state === "found" ? found(Buffer.from(lookup.value, "latin1")) : lookup;
    if (bytes.state === "found" && bytes.value.length === sizeBytes) this.slice(path, 0, sizeBytes, bytes);
    else this.whole(path, bytes);
  }

  slice(path: string, at: number, askedBytes: number, lookup: Lookup<Uint8Array>): Lookup<Uint8Array> {
    const real = this.walk(path);
    if (real === null || this.#isWhole(real)) return lookup;
    if (lookup.state === "unreadable") this.#unreadable.set(real, lookup.why);
    if (lookup.state !== "found") return lookup;
    const { slices, ...part } = this.#partAt(real);
    // Fewer bytes than asked: the file ends there.
    const end = lookup.value.length > 0 && lookup.value.length < askedBytes ? at + lookup.value.length : null;
    const sizeBytes = part.sizeBytes ?? end;
    const isKnown = slices.some((one) => one.at <= at && one.at + one.bytes.length >= at + lookup.value.length);
    if (isKnown) return lookup;
    this.#nodes.set(real, { kind: "file", sizeBytes, slices: [...slices, { at, bytes: lookup.value }] });
    return lookup;
  }

  size(path: string, lookup: Lookup<number>): Lookup<number> {
    const real = this.walk(path);
    if (real === null || this.#isWhole(real) || lookup.state !== "found") return lookup;
    this.#nodes.set(real, { kind: "file", sizeBytes: lookup.value, slices: this.#partAt(real).slices });
    return lookup;
  }

  list(path: string, lookup: Lookup<readonly string[]>): Lookup<readonly string[]> {
    const real = this.walk(path);
    if (real === null) return lookup;
    if (lookup.state === "unreadable") this.#unreadable.set(real, lookup.why);
    if (lookup.state !== "found") return lookup;
    if (lookup.value.length > MOST_NAMES)
      this.#unreadable.set(real, `has ${lookup.value.length} names, too many for a snapshot`);
    else for (const name of lookup.value) this.#note(`${real === "/" ? "" : real}/${name}`);
    return lookup;
  }

  denied(path: string, mode: string, lookup: Lookup<string | null>): Lookup<string | null> {
    const real = this.walk(path);
    if (real !== null && lookup.state === "found") this.#denied.set(`${mode} ${real}`, lookup.value);
    return lookup;
  }

  freeBytes(path: string, lookup: Lookup<number>): Lookup<number> {
    const real = this.walk(path);
    if (real !== null && lookup.state === "found") this.#freeBytes.set(real, lookup.value);
    return lookup;
  }

  environment(key: string, lookup: Lookup<string>): Lookup<string> {
    if (lookup.state === "found") this.#environment.set(key, lookup.value);
    if (lookup.state === "unreadable") this.#unreadable.set(key, lookup.why);
    return lookup;
  }

  #isWhole(path: string): boolean {
    const node = this.#nodes.get(path);
    return node?.kind === "file" && "content" in node;
  }

  #partAt(path: string): { readonly sizeBytes: number | null; readonly slices: readonly Slice[] } {
    const node = this.#nodes.get(path);
    return node?.kind === "file" && "slices" in node ? node : { sizeBytes: null, slices: [] };
  }
}
