// The library, `import … from "packdrift"`: reading what devices send.

import { createReceiver, type Receiver, type ReceiverOptions } from "./fleet/receiving/receive.js";
import { sha256 } from "./platform/seals.js";

export { type ChainAnswer, type ChainDoubt, type ChainFault, type ChainGap, verifyChain } from "./fleet/chain/chain.js";
export type { Receiver, ReceiverOptions } from "./fleet/receiving/receive.js";
export type { Contiguous, Received } from "./fleet/receiving/received.js";
export type { SignatureRule } from "./fleet/receiving/signatures.js";
export { ed25519Verifier, sha256 } from "./platform/seals.js";
export { parseReport } from "./report/parse-report.js";
export type { CompleteReport, Gap, Heartbeat, Report } from "./report/report.js";
export { sealedText, signedText } from "./report/seal.js";

/** A receiver that identifies reports by SHA-256. */
export function receiver(options: Omit<ReceiverOptions, "digest"> = {}): Receiver {
  return createReceiver({ digest: sha256, ...options });
}
