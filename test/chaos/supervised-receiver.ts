import { messageOf } from "../../src/base/errors.js";
import type { FleetProcess } from "../flows/fleet-process.js";
import type { WatchedServer } from "./askers.js";
import { wait } from "./wait.js";

/** `packdrift fleet` as a service runs it: started again after it has ended by itself. */
export interface SupervisedReceiver {
  /** The one that runs, or ran last. */
  readonly process: FleetProcess;
  /** False from the moment it is killed or ended until it is started again. */
  readonly isUp: boolean;
  /** How often its processes took a duty. */
  taken(): number;
  /** Resolves once it receives; rejects where it has crashed, or does not come to it in time. */
  ready(): Promise<void>;
  /** SIGKILL after a moment; it stays away until `start`. */
  kill(afterMs?: number): Promise<void>;
  start(): void;
}

/** As systemd's RestartSec. */
const RESTART_MS = 500;
const LOOK_MS = 50;

/** Starts one. Only a start without its database may end it: anything else is a crash, which `ready` reports. */
export function superviseReceiver(
  startProcess: () => FleetProcess,
  database: Pick<WatchedServer, "outages" | "wasUpSince">,
): SupervisedReceiver {
  let takenBefore = 0;
  let isWanted = true;
  let isUp = true;
  let crash: string | null = null;
  let process = run();

  function run(): FleetProcess {
    const outages = database.outages();
    const wasUp = database.wasUpSince(outages);
    const started = startProcess();
    void started.gone.then(async (code) => {
      isUp = false;
      takenBefore += started.events("duty.taken").length;
      if (!isWanted) return;
      const hadDatabase = wasUp && database.wasUpSince(outages);
      if (hadDatabase || started.events("fleet.listening").length > 0) {
        crash = `A receiver ended with ${code}, nobody having stopped it: ${started.output().slice(-1_500)}`;
        return;
      }
      await wait(RESTART_MS);
      if (isWanted && started === process) start();
    });
    return started;
  }

  function start(): void {
    isWanted = true;
    isUp = true;
    process = run();
  }

  async function kill(afterMs = 0): Promise<void> {
    isWanted = false;
    isUp = false;
    await wait(afterMs);
    await process.kill();
  }

  return {
    get process() {
      return process;
    },
    get isUp() {
      return isUp;
    },
    taken: () => takenBefore + (isUp ? process.events("duty.taken").length : 0),
    async ready() {
      for (;;) {
        const waited = process;
        const problem = await waited.logged("broker.subscribed").then(() => null, messageOf);
        if (crash !== null) throw new Error(crash);
        if (isUp && process === waited) {
          if (problem !== null) throw new Error(problem);
          return;
        }
        await wait(LOOK_MS);
      }
    },
    kill,
    start,
  };
}
