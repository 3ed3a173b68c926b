import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import type { DeviceFacts } from "../../../src/device/facts.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { recordedMachines } from "../../../src/lab/fleet/recorded-machines.js";

const HOSTS = join(dirname(fileURLToPath(import.meta.url)), "../../hosts");
const NAMES = readdirSync(HOSTS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

describe("recordedMachines", () => {
  const machines = recordedMachines();

  it("has every recorded machine", () => expect([...machines.keys()]).toEqual(NAMES));

  it.each(NAMES)("has the facts of %s as they are detected now (else: npm run machines)", (name) => {
    const facts = detectFacts(linuxHost(join(HOSTS, name)));

    expect(machines.get(name)?.facts).toEqual(withoutSeen(facts));
  });
});

function withoutSeen(facts: DeviceFacts): unknown {
  const short = Object.entries(facts).map(([key, { seen: _, ...reading }]) => [key, reading]);
  return Object.fromEntries(short);
}
