import { InvalidInputError } from "../../base/errors.js";
import { jsonObjectIn } from "../../base/json.js";
import { isPostgresAddress } from "../store/store-address.js";

/**
 * The address of the database in a secret: the text itself, its member "url", or the members that Amazon RDS gives a
 * database's secret. Throws InvalidInputError that does not show the secret.
 */
export function databaseAddress(secret: string): string {
  const { url = secret.trim(), ...members } = jsonObjectIn(secret) ?? {};
  if (typeof url === "string" && isPostgresAddress(url)) return url;
  const { username, password, host, port = 5432, dbname = "postgres" } = members;
  if (typeof username !== "string" || typeof password !== "string" || typeof host !== "string")
    throw new InvalidInputError(
      'Cannot use the database\'s secret: must be postgres://…, or JSON with "url", or with "username", "password" and "host"',
    );
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return `postgres://${user}@${host}:${port}/${encodeURIComponent(String(dbname))}?sslmode=verify-full`;
}
