import { fileURLToPath } from "node:url";
import { InvalidInputError } from "../../base/errors.js";
import { loopbackAddress } from "../../base/loopback.js";
import { reasonOf } from "../../base/system-errors.js";
import { type HttpService, serveHttp } from "../../platform/http-server.js";
import { rereadFile } from "../../platform/reread-file.js";
import { readExistingFile } from "../../platform/safe-files.js";
import { networks } from "./access/networks.js";
import { NOBODY, parsePeople } from "./access/people.js";
import { fleetPages } from "./fleet-pages.js";
import type { Assets, PageParts } from "./ports.js";

/** Where the pages are served, and who may see them. */
export interface FleetServing {
  /** A host name or address; by default the loopback address. */
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** `--tokens`: lines of `ROLE NAME TOKEN`. */
  readonly tokensFile: string | null;
  /** `--trust-header` and `--trust-from`. */
  readonly trusted: { readonly header: string; readonly from: readonly string[] } | null;
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Names by which browsers reach it besides addresses and localhost. */
  readonly hostNames: readonly string[];
}

const MOST_BODY_BYTES = 131_072;

/**
 * Serves the fleet's pages and API. Throws InvalidInputError where that would not be safe: an address that other machines reach
 * needs tokens or a trusted proxy.
 */
export async function serveFleet(parts: PageParts, serving: FleetServing): Promise<HttpService> {
  const { tokensFile, trusted, tls, hostNames } = serving;
  const loopback = loopbackAddress(serving.host);
  const isOpen = tokensFile === null && trusted === null;
  if (loopback === null && isOpen) {
    throw new InvalidInputError(
      `Cannot serve on "${serving.host}": without --tokens FILE or --trust-header the fleet listens on the loopback address only`,
    );
  }
  const tokens =
    tokensFile === null
      ? null
      : await rereadFile({
          path: tokensFile,
          what: `tokens from "${tokensFile}"`,
          parse: (text) => readPeople(text, tokensFile),
          nothing: NOBODY,
          now: parts.now,
          onError: (error) => parts.onError(error, tokensFile),
        });
  const pages = fleetPages(parts, {
    tokens,
    trusted: trusted === null ? null : { header: trusted.header.toLowerCase(), isFrom: networks(trusted.from) },
    now: parts.now,
    // Without secrets that a browser keeps for each name, DNS rebinding would give access to everything.
    hosts: isOpen || hostNames.length > 0 ? hostNames.map((name) => name.toLowerCase()) : null,
    isTls: tls !== null,
  });
  const service = await serveHttp(pages.handle, {
    host: loopback ?? serving.host,
    port: serving.port,
    onError: (error) => parts.onError(error, ""),
    mostBodyBytes: MOST_BODY_BYTES,
    ...(tls !== null && { tls }),
  });
  return {
    ...service,
    close: () => {
      pages.close();
      return service.close();
    },
  };
}

function readPeople(text: string, path: string) {
  try {
    return parsePeople(text);
  } catch (cause) {
    throw new InvalidInputError(`Cannot use tokens from "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/** The script and the style sheet that the build puts next to the program. */
export function builtAssets(folder = new URL(".", import.meta.url)): Assets {
  const read = (name: string) => readExistingFile(fileURLToPath(new URL(name, folder))).toString("utf8");
  return { script: read("live-page.js"), style: read("live-page.css") };
}
