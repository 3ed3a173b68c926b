import { UsageError } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { readExistingFile, readStandardInput } from "../../platform/safe-files.js";
import { CONFIG_CHECK } from "../help/specs/config.js";
import type { Command } from "../shared/command.js";
import { parseOptions } from "../shared/parse-options.js";
import { textStyle } from "../shared/terminal.js";
import { checkText } from "./check-text.js";
import { renderConfigCheck } from "./render-config-check.js";

/** `packdrift config check FILE`: exits with 0 if the configuration is good, 1 if not. */
export const checkConfig: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, CONFIG_CHECK);
  const [file = "-"] = positionals;
  const thing = values.thing ?? (terminal.env.AWS_IOT_THING_NAME || null);
  const result = checkText(await readText(file), file === "-" ? "standard input" : file, thing, Date.now());
  terminal.out(values.json ? `${JSON.stringify(result, null, 1)}\n` : renderConfigCheck(result, textStyle(terminal)));
  return result.good ? 0 : 1;
};

async function readText(file: string): Promise<string> {
  try {
    return (file === "-" ? await readStandardInput() : readExistingFile(file)).toString("utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read the configuration "${file}": ${reasonOf(cause)}`, { cause });
  }
}
