import { describe, expect, it } from "vitest";
import type { DeviceFacts, Reading } from "../../src/device/facts.js";
import { interner, memoized } from "../../src/drift/memoize.js";
import { someFacts } from "./builders.js";

const known = <T>(value: T): Reading<T> => ({ state: "known", value, from: "/x", confidence: "FIRM" });
const JOB = interner<object>()({ name: "any" });
const textIn = (reading: Reading<string>) => (reading.state === "known" ? reading.value : "none");

describe("memoized", () => {
  it("runs once for machines that are the same in what it looks at", () => {
    const seen: string[] = [];
    const ask = memoized((_job: object, facts: DeviceFacts) => {
      seen.push(textIn(facts.driver));
      return { driver: textIn(facts.driver) };
    });
    const number = interner<DeviceFacts>();
    const machines = ["440", "440", "450"].map((driver, at) =>
      number(someFacts({ driver: known(driver), kernelRelease: known(`5.4.${at}`) })),
    );
    const [first, second, third] = machines.map((machine) => ask(JOB, machine));
    expect([first, second, third, seen]).toEqual([
      { driver: "440" },
      { driver: "440" },
      { driver: "450" },
      ["440", "450"],
    ]);
    expect(second).toBe(first);
  });

  it("runs again where what it looks at depends on what it saw", () => {
    const ask = memoized((_job: object, facts: DeviceFacts) => ({
      text: textIn(facts.os) === "LINUX" ? textIn(facts.driver) : textIn(facts.kernelRelease),
    }));
    const number = interner<DeviceFacts>();
    const machine = (os: string, driver: string, kernel: string) =>
      ask(JOB, number(someFacts({ os: known(os), driver: known(driver), kernelRelease: known(kernel) }))).text;
    expect([
      machine("LINUX", "440", "5"),
      machine("QNX", "440", "5"),
      machine("QNX", "440", "6"),
      machine("LINUX", "450", "5"),
      machine("LINUX", "440", "6"),
    ]).toEqual(["440", "5", "6", "450", "440"]);
  });

  it("distinguishes facts that differ in their evidence alone", () => {
    const ask = memoized((_job: object, facts: DeviceFacts) => ({ from: facts.driver.from }));
    const number = interner<DeviceFacts>();
    const machine = (from: string) => ask(JOB, number(someFacts({ driver: { ...known("440"), from } }))).from;
    expect([machine("/a"), machine("/b"), machine("/a")]).toEqual(["/a", "/b", "/a"]);
  });

  it("reads objects member by member, and whole where their members are listed", () => {
    const cpu = (cores: number, features: readonly string[]) =>
      someFacts({ cpu: known({ name: "x", cores, part: null, features }) });
    const number = interner<DeviceFacts>();
    const counts = { member: 0, whole: 0 };
    const member = memoized((_job: object, { cpu }: DeviceFacts) => {
      counts.member++;
      return { has: cpu.state === "known" && cpu.value.features.includes("avx") };
    });
    const whole = memoized((_job: object, { cpu }: DeviceFacts) => {
      counts.whole++;
      return { text: JSON.stringify(cpu) };
    });

    const machines = [cpu(4, ["avx"]), cpu(8, ["avx"]), cpu(8, ["sse"])].map(number);

    expect(machines.map((machine) => member(JOB, machine).has)).toEqual([true, true, false]);
    expect(new Set(machines.map((machine) => whole(JOB, machine).text)).size).toBe(3);
    expect(counts).toEqual({ member: 2, whole: 3 });
  });

  it("distinguishes values by which members they have", () => {
    const number = interner<object>();
    const machine = interner<DeviceFacts>()(someFacts());
    const counts = { runs: 0 };
    const ask = memoized((job: object, _facts: DeviceFacts) => {
      counts.runs++;
      return { has: "choice" in job };
    });

    const jobs = [{ name: "a" }, { name: "a", choice: 1 }, { name: "a" }].map(number);

    expect([...jobs.map((job) => ask(job, machine).has), counts.runs]).toEqual([false, true, false, 2]);
  });

  it("does not count what the language asks of an object for what was read", () => {
    const number = interner<{ name: string; target: string }>();
    const machine = interner<DeviceFacts>()(someFacts());
    const ask = memoized((job: { name: string; target: string }, _facts: DeviceFacts) => ({
      tag: Object.prototype.toString.call(job),
    }));

    expect(ask(number({ name: "a", target: "x" }), machine)).toBe(ask(number({ name: "b", target: "y" }), machine));
  });

  it("runs once where the same is read in another order", () => {
    const number = interner<{ a: number; b: number; turn: number }>();
    const machine = interner<DeviceFacts>()(someFacts());
    const counts = { runs: 0 };
    const ask = memoized((job: { a: number; b: number }, _facts: DeviceFacts) => {
      counts.runs++;
      return { sum: counts.runs === 1 ? job.a + job.b : job.b + job.a };
    });

    const jobs = [
      { a: 1, b: 2, turn: 0 },
      { a: 3, b: 4, turn: 1 },
      { a: 3, b: 4, turn: 2 },
      { a: 1, b: 2, turn: 3 },
    ].map(number);

    expect([...jobs.map((job) => ask(job, machine).sum), counts.runs]).toEqual([3, 7, 7, 3, 2]);
  });

  it("runs once for jobs that are the same in what it reads", () => {
    const number = interner<{ name: string; target: string }>();
    const machine = interner<DeviceFacts>()(someFacts());
    const ask = memoized((job: { name: string; target: string }, _facts: DeviceFacts) => ({ target: job.target }));

    const jobs = ["a", "b"].map((name) => number({ name, target: "x" }));

    expect(ask(jobs[0] as never, machine)).toBe(ask(jobs[1] as never, machine));
    expect(ask(number({ name: "c", target: "y" }), machine)).toEqual({ target: "y" });
  });
});
