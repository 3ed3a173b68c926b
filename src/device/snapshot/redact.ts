import type { Slice, Tree, TreeNode } from "./tree-host.js";

/** Names on a machine that identify people and places. */
export interface PersonalNames {
  readonly users: readonly string[];
  readonly hosts: readonly string[];
}

/** A tree without personal details, and what was replaced in it, a sentence for each kind. */
interface Redacted {
  readonly tree: Tree;
  readonly replaced: readonly string[];
}

interface Rule {
  readonly what: string;
  /** Where the rule applies. */
  readonly at: RegExp;
  readonly pattern: RegExp;
  /** A text that the match must contain for the rule to apply. */
  readonly having?: string;
}

// TensorRT's versions have the form of an IPv4 address, so addresses are searched for only where there are no versions.
const SYSTEM_TEXT = /^\/(?:proc\/(?!device-tree)|etc\/(?!nv_tegra_release|ld\.so|alternatives|packdrift))/;
const RULES: readonly Rule[] = [
  { what: "serial numbers", at: /^\/proc\/cpuinfo$/, pattern: /(?<=^Serial[ \t]{0,32}:[ \t]{0,32})\S+/gm },
  { what: "serial numbers", at: /\/(?:serial-number|product_serial|board_serial|product_uuid)$/, pattern: /[^\0\n]+/g },
  // Also matches whole words without an address: searching for @ from each of their characters would take quadratic
  // time.
  { what: "mail addresses", at: /^/, pattern: /[\w.+-]+(?:@[\w-]+(?:\.[\w-]+)+)?/g, having: "@" },
  { what: "hardware addresses", at: /^/, pattern: /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/gi },
  { what: "network addresses", at: SYSTEM_TEXT, pattern: /\b\d{1,3}(?:\.\d{1,3}){3}\b/g },
  { what: "identifiers", at: SYSTEM_TEXT, pattern: /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi },
  { what: "identifiers", at: SYSTEM_TEXT, pattern: /\b[0-9a-f]{12,64}\b/gi },
];
const DPKG = /^\/var\/lib\/dpkg\/status(?:\.d\/.*)?$/;
const DPKG_FIELDS = /^(?:Package|Status|Version|Architecture):/;

/**
 * Replaces user names in paths, host names, serial numbers, hardware and network addresses, mail addresses and identifiers.
 * Each replacement has as many bytes as what it replaces, so that offsets in binary files stay right. Package lists are cut
 * to names and versions.
 */
export function redact(tree: Tree, names: PersonalNames): Redacted {
  const replaced = new Set<string>();
  const say = (what: string) => void replaced.add(what);
  const home = homes(names.users, say);
  const nodes = new Map<string, TreeNode>();
  for (const [path, node] of tree.nodes)
    nodes.set(home(path), redactNode(path, node, { home, hosts: names.hosts, say }));
  const moved = <T>(map: ReadonlyMap<string, T>) =>
    new Map([...map].map(([key, value]) => [home(key), value] as const));
  const { unreadable, denied, freeBytes, environment } = tree.answers;
  return {
    tree: {
      uname: tree.uname,
      nodes,
      answers: {
        unreadable: moved(unreadable),
        denied: moved(denied),
        freeBytes: moved(freeBytes),
        environment: new Map([...environment].map(([key, value]) => [key, home(value)])),
      },
    },
    replaced: [...replaced].sort(),
  };
}

interface Parts {
  readonly home: (text: string) => string;
  readonly hosts: readonly string[];
  readonly say: (what: string) => void;
}

function redactNode(path: string, node: TreeNode, parts: Parts): TreeNode {
  if (node.kind === "link") return { kind: "link", target: parts.home(node.target) };
  if (node.kind !== "file") return node;
  if ("content" in node) return { kind: "file", content: redactBytes(path, node.content, parts) };
  const slices = node.slices.map((slice): Slice => ({ at: slice.at, bytes: redactBytes(path, slice.bytes, parts) }));
  return { ...node, slices };
}

function redactBytes(path: string, content: Uint8Array, { home, hosts, say }: Parts): Uint8Array {
  let text = home(Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("latin1"));
  if (DPKG.test(path)) text = namesAndVersions(text);
  for (const { what, pattern, having = "" } of RULES.filter(({ at }) => at.test(path))) {
    text = text.replace(pattern, (found) => {
      if (!found.includes(having)) return found;
      say(what);
      return found.replace(/[0-9a-z]/gi, "0");
    });
  }
  if (SYSTEM_TEXT.test(path)) text = withoutHosts(text, hosts, say);
  return Buffer.from(text, "latin1");
}

/** Package lists name maintainers and have long descriptions; only names and versions are ever read from them. */
function namesAndVersions(text: string): string {
  return text
    .split("\n")
    .filter((line) => line === "" || DPKG_FIELDS.test(line))
    .join("\n");
}

/** Replaces the names of home folders, `/home/alice/…`; the user's name elsewhere may be any word. */
function homes(users: readonly string[], say: (what: string) => void): (text: string) => string {
  const met = new Map<string, string>();
  const standIn = (name: string) => {
    const known = met.get(name) ?? `u${met.size + 1}`.padEnd(name.length, "_").slice(0, name.length);
    met.set(name, known);
    return known;
  };
  for (const user of users) standIn(user);
  return (text) =>
    text.replace(/(?<=(?:^|[^\w])(?:home|Users)\/)[^/\0\s:"']+/g, (name) => {
      say("user names");
      return standIn(name);
    });
}

function withoutHosts(text: string, hosts: readonly string[], say: (what: string) => void): string {
  return hosts.reduce((rest, host) => {
    const escaped = host.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return rest.replace(new RegExp(`(?<![\\w.-])${escaped}(?![\\w-])`, "g"), (found) => {
      say("host names");
      return "h".padEnd(found.length, "_");
    });
  }, text);
}
