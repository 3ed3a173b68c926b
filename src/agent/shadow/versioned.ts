import { ExpectedError } from "../../base/errors.js";
import { type JsonObject, jsonObjectIn } from "../../base/json.js";
import { type Desired, desiredIn, memberIn, numberIn } from "./document.js";

/** Access to a shadow, over IPC or over its MQTT topics. Every call settles; both throw ExpectedError. */
export interface ShadowPort {
  /** The document as the service returns it; null if the shadow does not exist. */
  get(): Promise<string | null>;
  /** The accepted document, or "conflict" if the shadow's version differs from the one sent. */
  update(document: string): Promise<string | "conflict">;
}

/** A shadow whose version and desired state are tracked. */
interface VersionedShadow {
  readonly version: number | null;
  /** Reads the version and the desired state. */
  read(): Promise<void>;
  /** Writes the reported state; resolves to the bytes sent. */
  write(reported: JsonObject): Promise<number>;
}

const MOST_CONFLICTS = 3;

/**
 * Each write names the last known version. When the shadow's version differs, the desired state has changed meanwhile, so it
 * is read before the next attempt.
 */
export function versionedShadow(port: ShadowPort, onDesired: (desired: Desired) => void): VersionedShadow {
  let version: number | null = null;
  let desired: Desired = {};

  function become(next: Desired): void {
    if (JSON.stringify(next) === JSON.stringify(desired)) return;
    desired = next;
    onDesired(desired);
  }

  async function read(): Promise<void> {
    const document = await port.get();
    const found = document === null ? null : jsonObjectIn(document);
    version = numberIn(found, "version");
    become(desiredIn(memberIn(memberIn(found, "state"), "desired")));
  }

  return {
    get version() {
      return version;
    },
    read,
    async write(reported) {
      for (let attempt = 0; attempt < MOST_CONFLICTS; attempt++) {
        const document = JSON.stringify({ state: { reported }, ...(version === null ? {} : { version }) });
        const answer = await port.update(document);
        if (answer !== "conflict") {
          version = numberIn(jsonObjectIn(answer), "version");
          return document.length;
        }
        await read();
      }
      throw new ExpectedError(`Cannot write the shadow: its version changed ${MOST_CONFLICTS} times meanwhile`);
    },
  };
}
