import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { messageOf } from "../../base/errors.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";

/** Examines Node.js, and the native part that it has to load. */
export function programLines(nativeFile: string): readonly DoctorLine[] {
  return [nodeLine(process.version), nativeLine(nativeFile)];
}

/** Whether this version of Node.js runs packdrift. */
function nodeLine(version: string): DoctorLine {
  const { ok, problem } = linesOf("node.version", "the version of Node.js");
  const [, major = "0", minor = "0"] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const found = `${version} at ${process.execPath}, ${process.platform} ${process.arch}`;
  if (Number(major) > 16 || (Number(major) === 16 && Number(minor) >= 20)) return ok(found);
  return problem(
    found,
    "Install Node.js 16.20 or later, and set nodePath in the configuration of io.packdrift.Monitor to its absolute path",
  );
}

function nativeLine(file: string): DoctorLine {
  const { ok, problem } = linesOf("node.native", "loading the native part of AWS's SDK");
  const kind = `${process.platform} ${process.arch}`;
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    return problem(messageOf(error), `Deploy the component again: it brings the native part for ${kind}`);
  }
  try {
    createRequire(file)(file);
    return ok(file);
  } catch (error) {
    const [why] = messageOf(error).split("\n");
    return problem(
      `${file}: ${why}`,
      "Use a Node.js for linux x64 or arm64 with glibc 2.17 or later (set nodePath); Alpine and other musl systems cannot run packdrift",
    );
  }
}
