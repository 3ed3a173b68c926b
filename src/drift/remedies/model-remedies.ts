import { known } from "../../device/facts.js";
import type { Finding } from "../finding.js";
import type { Question } from "../make-finding.js";
import { familyOf, loadsOf } from "../model-loads.js";
import { componentIn } from "../needs.js";
import { change, list, nothing, type Remedy } from "./remedy.js";

const LIBRARIES = ["model.libraries"] as const;

/**
 * Fixes for libraries that the model's files load but that are not found: an installation, a folder for the loader, a
 * newer system for what comes with it.
 */
export function librariesRemedies(finding: Finding, question: Question): readonly Remedy[] {
  const expected = finding.expected ?? "";
  if (expected.startsWith("glibc")) {
    return [
      nothing("the C library comes with the system"),
      change("A system with a newer C library, or a container of one", LIBRARIES),
    ];
  }
  if (expected.startsWith("GLIBCXX")) {
    return [
      change(`A newer C++ library (package libstdc++6) that has ${expected.replace(/ or later$/, "")}`, LIBRARIES),
    ];
  }
  const missing = loadsOf(question)
    .filter(({ severity }) => severity === finding.severity)
    .flatMap(({ soname, answer }) => (answer.state === "MISSING" ? [soname] : (answer.lacks ?? [])));
  const names = [...new Set(missing)];
  const where = known(question.facts.container) === true ? " in this container's image" : "";
  const jetson =
    known(question.facts.jetson) === null ? "" : " (NVIDIA's come with the JetPack, package nvidia-jetpack)";
  return [
    change(`Installing ${list(names.slice(0, 8).map(product))}${where}${jetson}`, LIBRARIES),
    change(
      "Where they are installed already: letting the loader find their folder (a line in /etc/ld.so.conf.d, then ldconfig)",
      LIBRARIES,
      ["changes no installed version"],
    ),
  ];
}

/** A person has to find out which of the two is wrong, so both are named, with how to tell. */
export function agreesRemedies({ job, model }: Question): readonly Remedy[] {
  const component = componentIn(model) ?? job?.component.name ?? "the component";
  return [
    change(
      `Checking against the description of the job that made ${component} ${model?.version ?? "in the version that is deployed"}`,
      ["model.agrees"],
    ),
    change(
      `Deploying ${component} ${job?.component.version ?? "in the version that the job made"}, if the description is that of the model wanted`,
      ["model.agrees"],
    ),
  ];
}

/** `libnvinfer.so.7 (TensorRT 7)` */
function product(soname: string): string {
  const family = familyOf(soname);
  return family === null ? soname : `${soname} (${family.name} ${family.version})`;
}
