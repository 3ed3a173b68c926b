import type { Terminal } from "../shared/command.js";

/** A line that is redrawn as the work progresses. */
interface ProgressBar {
  /** Notes that the next file begins. */
  step(): void;
  end(): void;
}

const FEW = 20;
const WIDTH = 30;

/** A progress bar for many files on a terminal; draws nothing for few files or elsewhere. */
export function progressBar(total: number, terminal: Terminal): ProgressBar {
  if (total <= FEW || !terminal.isTerminal || terminal.env.TERM === "dumb") return { step() {}, end() {} };
  let done = 0;
  let drawn = -1;
  const draw = (): void => {
    const percent = Math.floor((done / total) * 100);
    if (percent === drawn) return;
    drawn = percent;
    const filled = Math.floor((done / total) * WIDTH);
    terminal.redraw(`[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}] ${done}/${total} files`);
  };
  return {
    step() {
      draw();
      done += 1;
    },
    end() {
      draw();
      terminal.err("\n");
    },
  };
}
