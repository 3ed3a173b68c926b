import { describe, expect, it } from "vitest";
import { announcer } from "../../../src/fleet/store/announcer.js";
import { fakeClock } from "../../agent/fake-clock.js";

function scene() {
  const clock = fakeClock();
  const sent: string[] = [];
  let isOpen = true;
  const it = announcer(clock.later, (what) => {
    if (isOpen) sent.push(what);
    return isOpen;
  });
  return {
    ...{ clock, it, sent },
    setOpen: (open: boolean) => {
      isOpen = open;
    },
  };
}

describe("announcer", () => {
  it("announces changes at once, and then once a second at most", async () => {
    const { clock, it: announces, sent } = scene();
    for (let at = 0; at < 5; at++) announces.announce("changed");
    expect(sent).toEqual(["changed"]);
    await clock.pass(1_000);
    expect(sent).toEqual(["changed", "changed"]);
    await clock.pass(10_000);

    expect(sent).toEqual(["changed", "changed"]);
  });

  it("announces changes once a second at most, however often it resumes", async () => {
    const { clock, it: announces, sent } = scene();
    for (let at = 0; at < 15; at++) {
      announces.announce("changed");
      announces.resume();
      await clock.pass(100);
    }

    expect(sent).toEqual(["changed", "changed"]);
  });

  it("announces each request at once", () => {
    const { it: announces, sent } = scene();
    for (let at = 0; at < 3; at++) announces.announce("asked");

    expect(sent).toEqual(["asked", "asked", "asked"]);
  });

  it("announces later what it could not announce", async () => {
    const { clock, it: announces, sent, setOpen } = scene();
    setOpen(false);
    announces.announce("asked");
    announces.announce("changed");
    await clock.pass(10_000);
    setOpen(true);
    announces.resume();
    expect(sent).toEqual(["asked"]);
    await clock.pass(1_000);

    expect(sent).toEqual(["asked", "changed"]);
    announces.stop();
    expect(clock.waits).toEqual([]);
  });
});
