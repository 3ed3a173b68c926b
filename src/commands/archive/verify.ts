import { type Discovery, verifier } from "../../archive/store/verifier.js";
import { labelled } from "../../base/terminal-text.js";
import { countOf, escapeControls } from "../../base/text.js";
import { sha256Hex } from "../../platform/digest.js";
import { ARCHIVE_VERIFY } from "../help/specs/archive.js";
import type { Command } from "../shared/command.js";
import { parseOptions } from "../shared/parse-options.js";
import { progress } from "../shared/progress-bar.js";
import { lineWidth } from "../shared/terminal.js";
import { archiveEntries, archiveFolder, openArchive } from "./open-archive.js";

/** `packdrift archive verify`: checks digests, constraints and consistency. Exits with 1 on faults (notes do not count), else 0. */
export const archiveVerify: Command = async (args, terminal) => {
  const { values } = parseOptions(args, ARCHIVE_VERIFY);
  const width = lineWidth(terminal);
  const row = (kind: string, text: string) => labelled(kind, escapeControls(text), width, 14).join("\n");
  const shown = progress(terminal, "Verifying jobs", null);
  let jobs = 0;
  let faults = 0;
  let lines = 0;
  const print = (line: object, text: string): void => {
    terminal.out(values.json ? `${lines === 0 ? "" : ","}\n${JSON.stringify(line)}` : `${text}\n`);
    lines += 1;
  };
  if (values.json) terminal.out('{"schema":"packdrift.archive-verify/1","found":[');
  const archive = openArchive(archiveFolder(values.dir), (file, why) => {
    faults += 1;
    print({ file, kind: "DAMAGED", message: why }, row("DAMAGED", `${file}: ${why}`));
  });
  const { verify, damaged } = verifier(sha256Hex);
  for await (const entry of archiveEntries(archive, undefined)) {
    jobs += 1;
    shown.step();
    const found: readonly Discovery[] =
      "stored" in entry ? verify(entry.ref, entry.stored) : [damaged(entry.ref, entry.damaged)];
    for (const one of found) {
      if (one.kind !== "NOTE") faults += 1;
      print(one, row(one.kind, `${one.project}/${one.job}: ${one.message}`));
    }
  }
  shown.end();
  if (values.json) terminal.out(`\n],"jobs":${jobs},"faults":${faults}}\n`);
  else terminal.out(`${countOf(jobs, "job")}, ${countOf(faults, "fault")}\n`);
  return faults === 0 ? 0 : 1;
};
