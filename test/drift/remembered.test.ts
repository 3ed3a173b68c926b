import { describe, expect, it } from "vitest";
import type { DeviceFacts, Reading } from "../../src/device/facts.js";
import { keyLists, numbering, remembered } from "../../src/drift/remembered.js";
import { someFacts } from "./builders.js";

const known = <T>(value: T): Reading<T> => ({ state: "known", value, from: "/x", confidence: "FIRM" });
const textIn = (reading: Reading<string>) => (reading.state === "known" ? reading.value : "none");

describe("remembered", () => {
  it("runs once for machines that are the same in what it looks at", () => {
    const seen: string[] = [];
    const ask = remembered((facts: DeviceFacts) => {
      seen.push(textIn(facts.driver));
      return { driver: textIn(facts.driver) };
    }, keyLists());
    const number = numbering();
    const machines = ["440", "440", "450"].map((driver, at) =>
      number(someFacts({ driver: known(driver), kernelRelease: known(`5.4.${at}`) })),
    );
    const [first, second, third] = machines.map(ask);
    expect([first, second, third, seen]).toEqual([
      { driver: "440" },
      { driver: "440" },
      { driver: "450" },
      ["440", "450"],
    ]);
    expect(second).toBe(first);
  });

  it("runs again where what it looks at depends on what it saw", () => {
    const ask = remembered(
      (facts: DeviceFacts) => ({
        text: textIn(facts.os) === "LINUX" ? textIn(facts.driver) : textIn(facts.kernelRelease),
      }),
      keyLists(),
    );
    const number = numbering();
    const machine = (os: string, driver: string, kernel: string) =>
      ask(number(someFacts({ os: known(os), driver: known(driver), kernelRelease: known(kernel) }))).text;
    expect([
      machine("LINUX", "440", "5"),
      machine("QNX", "440", "5"),
      machine("QNX", "440", "6"),
      machine("LINUX", "450", "5"),
      machine("LINUX", "440", "6"),
    ]).toEqual(["440", "5", "6", "450", "440"]);
  });

  it("tells facts apart that differ in their evidence alone", () => {
    const ask = remembered((facts: DeviceFacts) => ({ from: facts.driver.from }), keyLists());
    const number = numbering();
    const machine = (from: string) => ask(number(someFacts({ driver: { ...known("440"), from } }))).from;
    expect([machine("/a"), machine("/b"), machine("/a")]).toEqual(["/a", "/b", "/a"]);
  });
});
