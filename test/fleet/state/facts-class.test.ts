import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../src/base/errors.js";
import { detectFacts } from "../../../src/device/detect.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { parseFacts } from "../../../src/device/parse-facts.js";
import { summarize } from "../../../src/device/summary.js";
import { factsClass } from "../../../src/fleet/state/facts-class.js";
import { fitInto } from "../../../src/report/fit-into.js";
import { is } from "../../drift/builders.js";

const facts = detectFacts(linuxHost(join(import.meta.dirname, "../../hosts/agx-xavier-jp461")), []);
const message = (thing: string, changed = facts) => JSON.stringify({ thing, facts: summarize(changed) });

describe("factsClass", () => {
  it("assigns one class to things that differ only in name, free memory and free disk", () => {
    const one = {
      ...facts,
      memory: is({ totalBytes: 33e9, availableBytes: 20e9 }),
      disk: is({ path: "/", freeBytes: 70e9 }),
    };
    const other = {
      ...facts,
      memory: is({ totalBytes: 33.04e9, availableBytes: 1e9 }),
      disk: is({ path: "/", freeBytes: 90e9 }),
    };

    expect(factsClass(message("a", one))).toEqual(factsClass(message("b", other)));
  });

  it("distinguishes things that a rule distinguishes", () => {
    const full = { ...facts, disk: is({ path: "/", freeBytes: 1.2e9 }) };
    const enough = { ...facts, disk: is({ path: "/", freeBytes: 1.6e9 }) };

    expect(factsClass(message("a", full)).digest).not.toBe(factsClass(message("a", enough)).digest);
  });

  it("returns a text that parses to the same facts", () => {
    expect(parseFacts(JSON.parse(factsClass(message("a")).text))).toMatchObject({
      l4t: facts.l4t,
      tensorrt: facts.tensorrt,
    });
  });

  it("reads the plain values when the message had no room for readings", () => {
    const short = JSON.stringify({ thing: "a", facts: fitInto(summarize(facts), 2_000) });

    expect(JSON.parse(short).facts.readings).toBeNull();
    expect(parseFacts(JSON.parse(factsClass(short).text)).l4t).toMatchObject({ state: "known", value: "32.7.1" });
  });

  it.each(["", "[]", "7", "{", '{"facts":{}}', '{"facts":null}', '{"facts":{"readings":{"os":7}}}'])(
    "refuses %j",
    (text) => {
      expect(() => factsClass(text)).toThrow(InvalidInputError);
    },
  );
});
