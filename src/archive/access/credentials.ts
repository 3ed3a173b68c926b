import { InvalidInputError } from "../../base/errors.js";
import { nameFault, PROJECT_NAME_RULE, quoted } from "../../job/job-names.js";

/** One key that may sign requests to the archive. */
export interface Credential {
  /** The name of its section in the file. */
  readonly profile: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Null for a long-term key, whose requests carry no token. */
  readonly sessionToken: string | null;
  /** The projects that it may read; null for all. */
  readonly projects: readonly string[] | null;
}

/** Credentials by access key id. */
export type Credentials = ReadonlyMap<string, Credential>;

/**
 * Parses a file in the format of AWS's shared credentials file; `packdrift_projects` (names separated by spaces) limits what a
 * key may read. Throws InvalidInputError with the line, and never with a secret.
 */
export function parseCredentials(text: string, file: string): Credentials {
  const refuse: Refuse = (line, why) => {
    throw new InvalidInputError(`Cannot read credentials from ${quoted(file, 300)}: line ${line}: ${why}`);
  };
  const credentials = new Map<string, Credential>();
  for (const section of sectionsOf(text, refuse)) {
    const credential = credentialOf(section, refuse);
    if (credentials.has(credential.accessKeyId)) {
      refuse(section.line, `[${section.profile}] has the aws_access_key_id of an earlier profile`);
    }
    credentials.set(credential.accessKeyId, credential);
  }
  if (credentials.size > 0) return credentials;
  throw new InvalidInputError(
    `Cannot read credentials from ${quoted(file, 300)}: needs one profile at least, has none`,
  );
}

type Refuse = (line: number, why: string) => never;

interface Section {
  readonly profile: string;
  /** The line of its header, from 1. */
  readonly line: number;
  readonly settings: Map<string, string>;
}

function sectionsOf(text: string, refuse: Refuse): readonly Section[] {
  const sections: Section[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (const [at, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const profile = profileIn(line);
    const mark = line.indexOf("=");
    const section = sections.at(-1);
    if (profile !== null) sections.push({ profile, line: at + 1, settings: new Map() });
    else if (mark < 1) refuse(at + 1, "needs [profile] or name = value");
    else if (section === undefined) refuse(at + 1, "needs a [profile] before it");
    else section.settings.set(line.slice(0, mark).trim().toLowerCase(), line.slice(mark + 1).trim());
  }
  return sections;
}

/** The name of the profile that `[name]` or `[profile name]` begins; null for any other line. */
function profileIn(line: string): string | null {
  const end = line.indexOf("]");
  if (!line.startsWith("[") || end < 0) return null;
  const name = line
    .slice(1, end)
    .trim()
    .replace(/^profile\s+(?=\S)/, "");
  return name === "" ? null : name;
}

function credentialOf({ profile, line, settings }: Section, refuse: Refuse): Credential {
  const accessKeyId = settings.get("aws_access_key_id") ?? "";
  const secretAccessKey = settings.get("aws_secret_access_key") ?? "";
  if (!/^\w{1,128}$/.test(accessKeyId)) {
    refuse(line, `[${profile}] needs aws_access_key_id of 1 to 128 letters and digits`);
  }
  if (secretAccessKey === "") refuse(line, `[${profile}] needs aws_secret_access_key`);
  const listed = settings.get("packdrift_projects");
  const projects = listed === undefined ? null : listed.split(/[\s,]+/).filter((name) => name !== "");
  const wrong = projects?.find((name) => nameFault(name, PROJECT_NAME_RULE) !== null);
  if (wrong !== undefined) refuse(line, `[${profile}] names a project that cannot exist: ${quoted(wrong)}`);
  const sessionToken = settings.get("aws_session_token") || null;
  return { profile, accessKeyId, secretAccessKey, sessionToken, projects };
}
