// What `import … from "packdrift"` gives: reading what devices send.

import { createReceiver, type Receiver } from "./fleet/receiving/receive.js";
import { sha256 } from "./platform/seals.js";

export { type ChainAnswer, type ChainDoubt, type ChainFault, type ChainGap, verifyChain } from "./fleet/chain/chain.js";
export type { Receiver } from "./fleet/receiving/receive.js";
export type { Contiguous, Received } from "./fleet/receiving/received.js";
export { ed25519Verifier, sha256 } from "./platform/seals.js";
export { parseReport } from "./report/parse-report.js";
export type { CompleteReport, Gap, Heartbeat, Report } from "./report/report.js";
export { sealedText, signedText } from "./report/seal.js";

/** A receiver (fleet/receiving/receive.ts) that tells reports apart by SHA-256. */
export function receiver(options: Omit<Parameters<typeof createReceiver>[0], "digest"> = {}): Receiver {
  return createReceiver({ digest: sha256, ...options });
}
