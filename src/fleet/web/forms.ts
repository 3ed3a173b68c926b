import { InvalidInputError } from "../../base/errors.js";

const MOST_FIELDS = 50;

/** The fields of a form, files as their text. Throws InvalidInputError for any other body. */
export function parseForm(type: string | undefined, body: Uint8Array): URLSearchParams {
  const [kind = "", ...parameters] = (type ?? "").split(";");
  const plain = kind.trim().toLowerCase();
  if (plain === "application/x-www-form-urlencoded") return bounded(new URLSearchParams(textOf(body)));
  if (plain === "multipart/form-data") {
    const boundary = parameters.map((each) => /^\s*boundary="?([^"]{1,70})"?\s*$/i.exec(each)?.[1]).find(Boolean);
    if (boundary !== undefined) return bounded(parseParts(textOf(body), boundary));
  }
  throw new InvalidInputError("Cannot read the form: must be sent as a browser sends it");
}

/** The parts of a multipart form by name; a name may occur more than once. */
function parseParts(text: string, boundary: string): URLSearchParams {
  const fields = new URLSearchParams();
  // The text before the first and after the last boundary is no part.
  for (const part of `\r\n${text}`.split(`\r\n--${boundary}`).slice(1)) {
    if (part.startsWith("--")) break;
    const end = part.indexOf("\r\n\r\n");
    const name = /^content-disposition:\s*form-data;.*?\bname="([^"]{0,100})"/im.exec(part.slice(0, end))?.[1];
    if (end === -1 || name === undefined) throw new InvalidInputError("Cannot read the form: a part has no name");
    fields.append(name, part.slice(end + 4));
  }
  return fields;
}

function bounded(fields: URLSearchParams): URLSearchParams {
  if ([...fields].length > MOST_FIELDS)
    throw new InvalidInputError(`Cannot read the form: more than ${MOST_FIELDS} fields`);
  return fields;
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw new InvalidInputError("Cannot read what was sent: not text in UTF-8", { cause });
  }
}

export { textOf as decodeBody };
