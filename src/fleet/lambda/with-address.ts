import { codeOf } from "../../base/errors.js";

/** Returns the database's address; `again` reads it anew, because the known one was refused. */
export type AddressSource = (again: boolean) => Promise<string>;

/**
 * The error code of a refused password or role, as after a rotation: PostgreSQL's class "invalid authorization
 * specification".
 */
const REFUSED = /^28...$/;

/** Opens something at the known address, and once more at a new one if that is refused. */
export async function withAddress<T>(address: AddressSource, open: (address: string) => Promise<T>): Promise<T> {
  const known = await address(false);
  try {
    return await open(known);
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  return open(await address(true));
}

function isRefused(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (REFUSED.test(codeOf(each) ?? "")) return true;
  return false;
}
