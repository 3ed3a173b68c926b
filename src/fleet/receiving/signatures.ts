import type { Report } from "../../report/report.js";
import { signedText } from "../../report/seal.js";

/** Which reports have to be signed. */
export interface SignatureRule {
  /** Whether a signature of the text is valid for the thing. */
  readonly verify: (thing: string, text: string, signature: string) => boolean;
  /**
   * `always` refuses every unsigned report; `once-signed` (default) those of a thing that has signed before, as long as the thing
   * is remembered.
   */
  readonly required?: "always" | "once-signed";
}

/** Why a report is refused for its signature, or null. `hasSigned`: its thing has sent signed reports before. */
export function signatureFault(report: Report, seal: string, rule: SignatureRule, hasSigned: boolean): string | null {
  const { id, thing, signature } = report;
  const mustBeSigned = rule.required === "always" || hasSigned;
  const refused = (why: string) => `Cannot accept report ${id} of thing "${thing}": ${why}`;
  if (report.kind === "COMPLETE" && report.cut === true) {
    // Its texts are not the signed ones.
    return mustBeSigned ? refused("it was shortened, so its signature cannot be checked") : null;
  }
  if (signature === undefined) return mustBeSigned ? refused("it is not signed") : null;
  return rule.verify(thing, signedText(seal), signature) ? null : refused("its signature is not valid");
}
