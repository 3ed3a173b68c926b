import { BlockList, isIP } from "node:net";
import { InvalidInputError } from "../../../base/errors.js";

/** Whether an address lies in one of the networks; each is `10.0.0.0/8`, `fd00::/8`, or one address. Throws InvalidInputError. */
export function networks(texts: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const text of texts) {
    const [address = "", length] = text.split("/");
    const family = isIP(address);
    const longest = family === 6 ? 128 : 32;
    const bits = length === undefined ? longest : /^\d{1,3}$/.test(length) ? Number(length) : -1;
    if (family === 0 || bits < 0 || bits > longest) {
      throw new InvalidInputError(`Cannot use the network "${text}": must be like 10.0.0.0/8 or fd00::/8`);
    }
    list.addSubnet(address, bits, family === 6 ? "ipv6" : "ipv4");
  }
  return (address) => {
    // A server that listens on "::" sees IPv4 clients as ::ffff:10.0.0.1.
    const plain = (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? "ipv6" : "ipv4");
  };
}
