// What `import … from "packdrift"` gives: reading what devices send.
import { sha256 } from "./adapters/seals.js";
import { createReceiver, type Receiver } from "./fleet/receive.js";

export { ed25519Verifier, sha256 } from "./adapters/seals.js";
export { type ChainAnswer, type ChainDoubt, type ChainFault, type ChainGap, verifyChain } from "./fleet/chain.js";
export type { Contiguous, Received, Receiver } from "./fleet/receive.js";
export { parseReport } from "./report/parse.js";
export type { CompleteReport, Gap, Heartbeat, Report } from "./report/report.js";
export { sealedText, signedText } from "./report/seal.js";

/** A receiver (fleet/receive.ts) that tells reports apart by SHA-256. */
export function receiver(options: Omit<Parameters<typeof createReceiver>[0], "digest"> = {}): Receiver {
  return createReceiver({ digest: sha256, ...options });
}
