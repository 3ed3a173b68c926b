import { parseElfHeader } from "../base/elf.js";
import { fieldsOf } from "../base/elf-fields.js";

const EM_CUDA = 190;
/** Bytes that `cubinSm` needs. */
export const CUBIN_HEADER_BYTES = 64;

/** The architecture that a cubin was made for, from its first bytes; null if they are not a cubin's. */
export function cubinSm(bytes: Uint8Array): number | null {
  const header = parseElfHeader(bytes);
  if (header === null || header.machine !== EM_CUDA || bytes.length < CUBIN_HEADER_BYTES) return null;
  const flags = fieldsOf(bytes, header).int(header.bits === 64 ? 48 : 36);
  // In the lowest byte up to ABI 7, in the second with ABI 8. Seen: 0x350548 for sm_72.
  const sm = header.abiVersion >= 8 ? (flags >>> 8) & 0xff : flags & 0xff;
  return sm === 0 ? null : sm;
}
