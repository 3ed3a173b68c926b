import type { FileType, Host, Lookup } from "./host.js";

/**
 * A host that reads each text, list, kind and resolved path once, so that what one check sees stays the same
 * throughout.
 */
export function cachedHost(host: Host): Host {
  const texts = new Map<string, Lookup<string>>();
  const lists = new Map<string, Lookup<readonly string[]>>();
  const kinds = new Map<string, Lookup<FileType>>();
  const paths = new Map<string, Lookup<string>>();
  return {
    ...host,
    text: (path, limitBytes) => once(texts, path, () => host.text(path, limitBytes)),
    list: (path) => once(lists, path, () => host.list(path)),
    kind: (path) => once(kinds, path, () => host.kind(path)),
    resolve: (path) => once(paths, path, () => host.resolve(path)),
  };
}

function once<T>(answers: Map<string, T>, path: string, ask: () => T): T {
  const known = answers.get(path);
  if (known !== undefined) return known;
  const answer = ask();
  answers.set(path, answer);
  return answer;
}
