import { writeSync } from "node:fs";
import { messageOf } from "../base/errors.js";
import { escapeControls } from "../base/text.js";
import { runProgramFile } from "./program-file.js";

/*
 * The program of an examiner's process. The keeper passes its compiled text to `node -e`, so that Node parses no more
 * than this, and takes the examiner's code from V8's cache, which Node does not use for files that it starts itself.
 */
const [path = "", sha256 = "", cachePath = "", ...args] = process.argv.slice(1);
// The name that ps shows instead of this text.
process.title = "packdrift examine";
try {
  const { runExaminer } = runProgramFile({ path, sha256 }, cachePath, require) as {
    runExaminer(process: NodeJS.Process, args: readonly string[]): void;
  };
  runExaminer(process, args);
} catch (error) {
  // On one line, whatever the path or the message contains.
  writeSync(2, `packdrift: ${escapeControls(messageOf(error))}\n`);
  process.exit(3);
}
