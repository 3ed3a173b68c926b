import { messageOf } from "../base/errors.js";

type Sign = (text: string) => string;

/**
 * Signs texts if there is a key. `open` returns null when there is no key, and throws when the key cannot be used: that is
 * reported once, and reports are sent unsigned until it can be.
 */
export function signer(open: () => Sign | null, onProblem: (message: string) => void): (text: string) => string | null {
  let sign: Sign | null | undefined;
  let reported = "";
  return (text) => {
    if (sign === undefined) {
      try {
        sign = open();
      } catch (error) {
        const message = messageOf(error);
        if (message !== reported) onProblem(message);
        reported = message;
      }
    }
    return sign?.(text) ?? null;
  };
}
