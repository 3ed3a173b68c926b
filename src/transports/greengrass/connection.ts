import { ConnectionLostError } from "../../base/errors.js";
import { calls } from "./calls.js";
import { connectionEnd, failureText, lossOf, withCallTimeout } from "./failures.js";
import { unlessOver } from "./late-trouble.js";
import type { Greengrass, Within } from "./port.js";
import { type Client, loadSdk, type Sdk } from "./sdk.js";
import { streams } from "./streams.js";

/** Callbacks for events of the connection. */
interface Listeners {
  /**
   * Called once when an established connection ends without `close()`: the client never reconnects, and its token may be
   * invalid. All calls in flight have failed by then.
   */
  readonly onLost: (reason: string) => void;
  /** Called when connecting is slow, when a subscription cannot be made (once until it can), or when a listener threw. */
  readonly onTrouble: (what: string, message: string) => void;
}

/** Time limits for the nucleus. */
export interface Limits {
  readonly connectMs: number;
  /** A connect that takes longer is reported as trouble, but continues. */
  readonly slowConnectMs: number;
  readonly callMs: number;
}

/**
 * One attempt with a long limit: a classic nucleus under load was seen to answer Connect after 12 s (its issue 1814), and with a
 * shorter limit each new attempt would time out in the same way.
 */
const LIMITS: Limits = { connectMs: 60_000, slowConnectMs: 10_000, callMs: 10_000 };
const CLOSE_MS = 1_000;
const CONNECT = "connect to the nucleus";

/**
 * Connects to the nucleus named by the variables that it sets for its components. Throws ConnectionLostError when the nucleus
 * is not running, refuses the token or does not answer; `loss` says which.
 */
export async function connectGreengrass(
  listeners: Listeners,
  limits = LIMITS,
  random: () => number = Math.random,
): Promise<Greengrass> {
  const sdk = await loadSdk();
  const client = createClient(sdk);
  const end = connectionEnd();
  let closing = false;
  client.on("disconnection", (event) => {
    const reason = String(event?.reason ?? "connection ended");
    end.announce(reason);
    if (!closing) listeners.onLost(reason);
    closing = true;
  });
  const slow = setTimeout(() => listeners.onTrouble(CONNECT, stillWaiting(limits)), limits.slowConnectMs);
  try {
    await withCallTimeout(client.connect(), CONNECT, limits.connectMs, end);
  } catch (error) {
    closing = true;
    void client.close().catch(() => undefined);
    const message = `Cannot connect to the nucleus: ${failureText(error)}`;
    throw new ConnectionLostError(message, { cause: error, loss: lossOf(error) });
  } finally {
    clearTimeout(slow);
  }
  const within: Within = (call, what) => withCallTimeout(call, what, limits.callMs, end);
  const isOver = () => closing;
  const connection = {
    limited: within,
    isOver,
    onTrouble: unlessOver((what, error) => listeners.onTrouble(what, failureText(error)), isOver),
    random,
  };
  return {
    ...calls(client, sdk.model, within),
    ...streams(client, sdk.model, within, connection),
    async close() {
      closing = true;
      // close() was seen to stay pending after a drop.
      await withCallTimeout(client.close(), "close the connection", CLOSE_MS, connectionEnd()).catch(() => undefined);
    },
  };
}

function stillWaiting({ slowConnectMs, connectMs }: Limits): string {
  return `no answer after ${slowConnectMs} ms, waiting up to ${connectMs} ms`;
}

function createClient(sdk: Sdk): Client {
  try {
    return sdk.createClient();
  } catch (error) {
    throw new ConnectionLostError(
      `Cannot connect to the nucleus: ${failureText(error)}; the variables AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT and SVCUID are set by Greengrass`,
      { cause: error, loss: "UNREACHABLE" },
    );
  }
}
