import type { Jetson, Reading } from "../../device/facts.js";
import { known } from "../../device/facts.js";
import { JETSON_XAVIER, PATHS } from "../../job/requirements.js";
import type { Finding } from "../finding.js";
import { drift, evidence, match, notApplicable, type Question, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";
import { jetpackFinding } from "./jetpack.js";

const XAVIER_SOC = "tegra194";

/** `target.device`: which board this is, and which JetPack it runs. */
export function targetDevice(question: Question): Finding[] {
  const { needs, facts } = question;
  if (needs.device === null) {
    return [notApplicable("target.device", PATHS.device, "The job names no target device")];
  }
  if (needs.device.value !== JETSON_XAVIER) {
    const because = `The job asks for "${needs.device.value}", which is not a device of the service's API`;
    return [unknown(statementOf(question, null), because)];
  }
  const board = boardFinding(question);
  return facts.jetson.state === "absent" ? [board] : [board, jetpackFinding(question, "target.device", PATHS.device)];
}

function boardFinding(question: Question): Finding {
  const { jetson } = question.facts;
  if (jetson.state === "unreadable") {
    return unknown(statementOf(question, null), `Which board this is could not be read: ${jetson.why}`);
  }
  if (jetson.state === "absent") {
    const statement = statementOf(question, "no Jetson");
    return drift("BLOCKING", statement, "The package is for a Jetson AGX Xavier, but this machine is not a Jetson");
  }
  const { soc } = jetson.value;
  const name = boardName(jetson.value);
  const statement = statementOf(question, name);
  if (soc === null) {
    return unknown(statement, "This is a Jetson, but which chip it has is not known");
  }
  if (soc !== XAVIER_SOC) {
    return drift(
      "BLOCKING",
      statement,
      `The package is for a Jetson AGX Xavier (Tegra194), but this is ${withArticle(name)} with another chip (${soc})`,
    );
  }
  switch (boardOf(jetson.value)) {
    case "AGX":
      return match(statement, `This is ${withArticle(name)}, the board that jetson_xavier means`);
    case "INDUSTRIAL":
      return match(
        statement,
        "This is an AGX Xavier Industrial, which has the chip and the software of the AGX Xavier that AWS tested",
      );
    case "OTHER":
      return drift(
        "WARNING",
        statement,
        `This ${name} has the chip that the package is for (Tegra194), but AWS tested only the AGX Xavier`,
      );
    default:
      return unknown(
        statement,
        "The chip is the one that the package is for (Tegra194), but whether this is an AGX Xavier is not known",
      );
  }
}

type Board = "AGX" | "INDUSTRIAL" | "OTHER" | null;

function boardOf({ product, module }: Jetson): Board {
  if (product !== null) {
    if (/industrial/i.test(product)) return "INDUSTRIAL";
    return /^(?:jetson )?agx xavier\b/i.test(product) ? "AGX" : "OTHER";
  }
  if (module === null) return null;
  if (module === "p2888-0008") return "INDUSTRIAL";
  return module.startsWith("p2888") ? "AGX" : "OTHER";
}

function boardName(jetson: Jetson): string {
  return jetson.product ?? jetson.module ?? jetson.soc ?? jetson.model ?? "Jetson";
}

function withArticle(name: string): string {
  return `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}

function statementOf({ needs, facts }: Question, actual: string | null) {
  const reading: Reading<Jetson> = facts.jetson;
  const jetson = known(reading);
  return {
    rule: "target.device" as const,
    path: PATHS.device,
    expected: needs.device?.value ?? null,
    actual,
    evidence: evidence(SOURCES.tested, [reading, jetson && `${boardName(jetson)}, ${jetson.soc ?? "unknown chip"}`]),
  };
}
