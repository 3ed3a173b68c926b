import { describe, expect, it } from "vitest";
import { retried } from "../../../src/fleet/store/retry.js";

function failing(code: string, times: number) {
  const waits: number[] = [];
  let tries = 0;
  const action = async () => {
    tries += 1;
    if (tries <= times) throw Object.assign(new Error("undone"), { code });
    return tries;
  };
  const wait = async (milliseconds: number) => void waits.push(milliseconds);
  return { waits, run: () => retried(action, { random: () => 0.5, wait }), tries: () => tries };
}

describe("retried", () => {
  it.each(["40001", "40P01"])("runs a transaction again that the server has rolled back with %s", async (code) => {
    const { run, waits } = failing(code, 4);

    expect(await run()).toBe(5);
    expect(waits).toEqual([5, 10, 20, 40]);
  });

  it("gives up after twelve tries, having waited a second at most between two", async () => {
    const { run, waits, tries } = failing("40001", 100);

    await expect(run()).rejects.toThrow("undone");
    expect([tries(), Math.max(...waits)]).toEqual([12, 500]);
  });

  it("does not repeat what failed for another reason", async () => {
    const { run, tries } = failing("23505", 1);

    await expect(run()).rejects.toThrow("undone");
    expect(tries()).toBe(1);
  });
});
