import { messageOf } from "../base/errors.js";

type Sign = (text: string) => string;

/**
 * Signs where there is a key. `open` answers null when there is none, and throws when the key cannot be used: that is reported
 * once, and reports go unsigned until it can.
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
