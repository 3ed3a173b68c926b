import type { Follower } from "../follower.js";
import type { Desired } from "./document.js";
import type { OpenShadow } from "./open.js";

/** The named shadow, if the settings enable it. */
interface ShadowFollower extends Follower {
  /** Makes its subscriptions again. */
  resubscribe(): void;
}

/** Keeps the named shadow open while the settings enable it, and reports the result of each check to it. */
export function followShadow(open: () => Promise<OpenShadow>, onDesired: (desired: Desired) => void): ShadowFollower {
  let shadow: Promise<OpenShadow> | null = null;
  let sequence = 0;

  function follow(isWanted: boolean): void {
    if (isWanted === (shadow !== null)) return;
    if (!isWanted) {
      void shadow?.then(({ close }) => close());
      // What was desired there no longer applies.
      onDesired({});
    }
    shadow = isWanted ? open() : null;
  }

  return {
    checked({ settings, shadow: state }, reports) {
      sequence = reports[reports.length - 1]?.sequence ?? sequence;
      follow(settings.shadow);
      if (state === null) return;
      const reported = { ...state, seq: sequence };
      void shadow?.then(({ report }) => report(reported, settings.heartbeatHours * 3_600_000));
    },
    resubscribe: () => void shadow?.then(({ resubscribe }) => resubscribe()),
    stop: () => void shadow?.then(({ close }) => close()),
  };
}
