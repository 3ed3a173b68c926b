import { InvalidInputError } from "../../base/errors.js";
import { isObject, type JsonObject, parseJson } from "../../base/json.js";

/**
 * The address of the database that a secret holds: the text itself, its member "url", or the members that Amazon RDS gives a
 * database's secret. Throws InvalidInputError without showing the secret.
 */
export function databaseAddress(secret: string): string {
  const { url = secret.trim(), ...members } = membersOf(secret);
  if (typeof url === "string" && /^postgres(ql)?:\/\//.test(url)) return url;
  const { username, password, host, port = 5432, dbname = "postgres" } = members;
  if (typeof username !== "string" || typeof password !== "string" || typeof host !== "string")
    throw new InvalidInputError(
      'Cannot use the database\'s secret: must be postgres://…, or JSON with "url", or with "username", "password" and "host"',
    );
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return `postgres://${user}@${host}:${port}/${encodeURIComponent(String(dbname))}?sslmode=verify-full`;
}

function membersOf(secret: string): JsonObject {
  try {
    const value = parseJson(secret);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
