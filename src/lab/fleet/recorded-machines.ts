import { anyObject, line, listOf, ownMember } from "../../base/shape.js";
import type { DeviceFacts } from "../../device/facts.js";
import { parseFacts } from "../../device/parse-facts.js";
import recorded from "./machines.json" with { type: "json" };

/** A real machine whose files were recorded (test/hosts). */
export interface RecordedMachine {
  readonly name: string;
  /** `Jetson AGX Xavier dev kit, JetPack 4.6.1` */
  readonly title: string;
  readonly facts: DeviceFacts;
}

/** All recorded machines, by name. */
export function recordedMachines(): ReadonlyMap<string, RecordedMachine> {
  const machines = listOf((value, path): RecordedMachine => {
    const object = anyObject(value, path);
    const text = (key: string) => line(ownMember(object, key), `${path}.${key}`);
    return { name: text("name"), title: text("title"), facts: parseFacts(ownMember(object, "facts")) };
  })(recorded, "machines");
  return new Map(machines.map((machine) => [machine.name, machine]));
}
