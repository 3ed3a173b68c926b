import type { Later } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Examiner } from "../examiner/process.js";
import type { Greengrass, Subscription } from "../transports/greengrass/port.js";
import type { Follower } from "./follower.js";

interface VetoParts {
  readonly greengrass: Pick<Greengrass, "onValidation">;
  readonly startExaminer: () => Pick<Examiner, "validate" | "kill">;
  readonly log: Log;
  readonly later: Later;
}

/** The nucleus would wait 20 s and then fail the deployment, even one that concerns other components. */
const VALIDATION_LIMIT_MS = 1_500;

/** If the settings enable it, validates configurations before deployment, within 1.5 s; accepts those it cannot judge. */
export function vetoBadConfigurations({ greengrass, startExaminer, log, later }: VetoParts): Follower {
  let open: Promise<Subscription | null> | null = null;

  function notJudged(error: unknown): null {
    log.warn("configuration.not-judged", { message: messageOf(error), reaction: "accepted" });
    return null;
  }

  async function judge(configuration: unknown): Promise<string | null> {
    const examiner = startExaminer();
    let cancel = () => {};
    const late = new Promise<null>((resolve) => {
      cancel = later(VALIDATION_LIMIT_MS, () => {
        examiner.kill();
        resolve(null);
      });
    });
    const problem = await Promise.race([examiner.validate(configuration).catch(notJudged), late]);
    cancel();
    if (problem !== null) log.error("configuration.vetoed", { message: problem });
    return problem;
  }

  function subscribe(): Promise<Subscription | null> {
    return greengrass
      .onValidation((configuration) => judge(configuration).catch(notJudged))
      .catch((error: unknown) => {
        const reaction = "bad configurations are reported once deployed";
        log.warn("configuration.no-veto", { message: messageOf(error), reaction });
        return null;
      });
  }

  return {
    checked({ settings: { vetoBadConfiguration: isWanted } }) {
      if (isWanted === (open !== null)) return;
      if (!isWanted) void open?.then((subscription) => subscription?.close());
      open = isWanted ? subscribe() : null;
    },
    // The connection is about to close, which ends the subscription.
    stop: () => undefined,
  };
}
