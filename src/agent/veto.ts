import { messageOf } from "../base/errors.js";
import type { Greengrass, Subscription } from "../transports/greengrass/connection.js";
import { type AgentContext, startOne } from "./context.js";

/** The nucleus would wait 20 s and then fail the deployment, whichever component it is about. */
const VALIDATION_LIMIT_MS = 1_500;

/** While it is wanted, answers what the nucleus asks before a deployment: within 1.5 s, and what cannot be judged is accepted. */
export function vetoBadConfigurations(place: AgentContext, greengrass: Greengrass) {
  const { log } = place;
  let open: Promise<Subscription | null> | null = null;
  const notJudged = (error: unknown) => {
    log.warn("configuration.not-judged", { message: messageOf(error), reaction: "accepted" });
    return null;
  };
  const judge = async (configuration: unknown): Promise<string | null> => {
    const examiner = startOne(place, "no check");
    const asked = examiner.validate(configuration).catch(notJudged);
    const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), VALIDATION_LIMIT_MS));
    const verdict = await Promise.race([asked, late]);
    if (verdict === "late") examiner.kill();
    const problem = verdict === "late" ? null : verdict;
    if (problem !== null) log.error("configuration.vetoed", { message: problem });
    return problem;
  };
  return {
    follow(wanted: boolean) {
      if (wanted === (open !== null)) return;
      if (!wanted) {
        void open?.then((subscription) => subscription?.close());
        open = null;
        return;
      }
      // Silence would fail the deployment.
      open = greengrass
        .onValidation((configuration) => judge(configuration).catch(notJudged))
        .catch((error: unknown) => {
          log.warn("configuration.no-veto", {
            message: messageOf(error),
            reaction: "bad ones are told when they come",
          });
          return null;
        });
    },
  };
}
