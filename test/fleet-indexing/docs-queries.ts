import { SHADOW } from "../../src/base/names.js";
import { pageOf } from "../docs/pages.js";

export const REPORTED = `shadow.name.${SHADOW}.reported`;

/** The ready queries of docs/fleet-indexing.md, as they stand there. */
export function readyQueries(): readonly { readonly devices: string; readonly query: string }[] {
  const { text } = pageOf("docs/fleet-indexing.md");
  const section = text.split("\n## Ready queries\n")[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| ([^|]+?) \| `([^`]+)` \|$/gm)].map(([, devices = "", query = ""]) => ({
    devices,
    query,
  }));
}

/** A query as it is sent: P is the reported state, T a time in Unix seconds. */
export function asSent(query: string, timeMs: number): string {
  return query.replace(/(?<![\w.])P(?=\.)/g, REPORTED).replace(/(?<=[<>])T\b/g, String(Math.floor(timeMs / 1_000)));
}
