import { HOMEPAGE } from "../../base/pages.js";
import { rows } from "./render-help.js";
import { SUMMARIES } from "./summaries.js";

/** `packdrift --help`: every command in a line, in 80 columns and 24 rows. */
export function renderOverview(): string {
  return [
    "packdrift: does this machine still match what its Lookout for Vision model was",
    "packaged for?",
    "",
    "Usage: packdrift COMMAND [OPTION]…",
    "",
    ...rows([...Object.entries(SUMMARIES), ["help COMMAND", "show a command's options and examples"]], 80),
    "",
    "Exit: 0 in sync, 1 drifted, 2 could not tell, 3 wrong use. --version shows it.",
    `Docs: ${HOMEPAGE}`,
    "",
  ].join("\n");
}
