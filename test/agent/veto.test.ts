import { describe, expect, it } from "vitest";
import { vetoBadConfigurations } from "../../src/agent/veto.js";
import { ExpectedError } from "../../src/base/errors.js";
import { someResult } from "./builders.js";
import { fakeClock, fakeLog, settled } from "./fake-clock.js";

/** A nucleus that asks before deployments, and an examiner that judges by hand. */
function scene() {
  const clock = fakeClock();
  const log = fakeLog();
  const state = {
    offers: true,
    open: 0,
    verdict: async (): Promise<string | null> => null,
    killed: 0,
  };
  let ask: ((configuration: unknown) => Promise<string | null>) | null = null;
  const veto = vetoBadConfigurations({
    greengrass: {
      async onValidation(judge) {
        if (!state.offers) throw new ExpectedError("not offered");
        state.open += 1;
        ask = judge;
        return {
          async close() {
            state.open -= 1;
          },
        };
      },
    },
    startExaminer: () => ({
      validate: () => state.verdict(),
      kill: () => {
        state.killed += 1;
      },
    }),
    log,
    later: clock.later,
  });
  const follow = async (vetoBadConfiguration: boolean) => {
    veto.checked(someResult({ vetoBadConfiguration }), []);
    await settled();
  };
  return { clock, log, state, follow, ask: () => ask?.({}) };
}

describe("vetoBadConfigurations", () => {
  it("subscribes while the settings want it", async () => {
    const { state, follow } = scene();
    const open: number[] = [];
    for (const isWanted of [false, true, true, false, false, true]) {
      await follow(isWanted);
      open.push(state.open);
    }

    expect(open).toEqual([0, 1, 1, 0, 0, 1]);
  });

  it("answers with what is wrong, and logs it", async () => {
    const { clock, log, state, follow, ask } = scene();
    await follow(true);
    state.verdict = async () => "bad schedule";

    expect(await ask()).toBe("bad schedule");
    expect([log.of("configuration.vetoed"), clock.waits]).toEqual([[{ message: "bad schedule" }], []]);
  });

  it("accepts a configuration that is not judged within 1.5 s, and ends the examiner", async () => {
    const { clock, state, follow, ask } = scene();
    await follow(true);
    state.verdict = () => new Promise(() => undefined);
    const answer = ask();
    await clock.pass(1_500);

    expect([await answer, state.killed]).toEqual([null, 1]);
  });

  it("accepts a configuration that cannot be judged, and says so", async () => {
    const { log, state, follow, ask } = scene();
    await follow(true);
    state.verdict = async () => {
      throw new ExpectedError("the examiner died");
    };

    expect(await ask()).toBe(null);
    expect(log.of("configuration.not-judged")).toEqual([{ message: "the examiner died", reaction: "accepted" }]);
  });

  it("says when the nucleus does not offer it", async () => {
    const { log, state, follow } = scene();
    state.offers = false;
    await follow(true);

    expect(log.of("configuration.no-veto")).toHaveLength(1);
  });
});
