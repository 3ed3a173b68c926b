import { InvalidInputError } from "../../base/errors.js";
import { nameFault, PROJECT_NAME, quoted } from "../../job/job-names.js";

/** One key that may sign requests to the archive. */
export interface Credential {
  /** The section of the file that it stands in. */
  readonly profile: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Null for a long-term key: its requests carry no token. */
  readonly sessionToken: string | null;
  /** The projects that it may read; null for all. */
  readonly projects: readonly string[] | null;
}

/** Credentials by access key id. */
export type Credentials = ReadonlyMap<string, Credential>;

/**
 * Reads a file in the form of AWS's shared credentials file; `packdrift_projects` (names with spaces between) narrows what a
 * key may read. Throws InvalidInputError with the line, and never with a secret.
 */
export function parseCredentials(text: string, file: string): Credentials {
  const refuse = (line: number, why: string): never => {
    throw new InvalidInputError(`Cannot read credentials from ${quoted(file, 300)}: line ${line}: ${why}`);
  };
  const sections: { profile: string; line: number; settings: Map<string, string> }[] = [];
  for (const [at, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const profile = /^\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(line)?.[1];
    const mark = line.indexOf("=");
    if (profile !== undefined) sections.push({ profile, line: at + 1, settings: new Map() });
    else if (mark < 1) refuse(at + 1, "needs [profile] or name = value");
    else if (sections.length === 0) refuse(at + 1, "needs a [profile] before it");
    else sections.at(-1)?.settings.set(line.slice(0, mark).trim().toLowerCase(), line.slice(mark + 1).trim());
  }
  const credentials = new Map<string, Credential>();
  for (const { profile, line, settings } of sections) {
    const accessKeyId = settings.get("aws_access_key_id") ?? "";
    const secretAccessKey = settings.get("aws_secret_access_key") ?? "";
    if (!/^\w{1,128}$/.test(accessKeyId))
      refuse(line, `[${profile}] needs aws_access_key_id of 1 to 128 letters and digits`);
    if (secretAccessKey === "") refuse(line, `[${profile}] needs aws_secret_access_key`);
    if (credentials.has(accessKeyId)) refuse(line, `[${profile}] has the aws_access_key_id of an earlier profile`);
    const projects =
      settings
        .get("packdrift_projects")
        ?.split(/[\s,]+/)
        .filter((name) => name !== "") ?? null;
    const wrong = projects?.find((name) => nameFault(name, PROJECT_NAME) !== null);
    if (wrong !== undefined) refuse(line, `[${profile}] names a project that none can have: ${quoted(wrong)}`);
    const sessionToken = settings.get("aws_session_token") || null;
    credentials.set(accessKeyId, { profile, accessKeyId, secretAccessKey, sessionToken, projects });
  }
  if (credentials.size === 0) {
    throw new InvalidInputError(
      `Cannot read credentials from ${quoted(file, 300)}: needs one profile at least, has none`,
    );
  }
  return credentials;
}
