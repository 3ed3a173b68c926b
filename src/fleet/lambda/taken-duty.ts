import type { PeerSession, SessionEvents } from "../store/shared-peers.js";

/** The duty of sending to devices, held for a short time. */
export interface TakenDuty {
  /** Whether the lock is still held. */
  isMine(): boolean;
  /** Shows the server that the session is in use; false if it has ended. */
  keep(): Promise<boolean>;
  end(): Promise<void>;
}

/** Takes the duty; null if another process holds it. */
export async function takeDevicesDuty(
  open: (events: SessionEvents) => Promise<PeerSession>,
): Promise<TakenDuty | null> {
  let isOpen = true;
  const session = await open({
    onAnnounced: () => {},
    onEnded: () => {
      isOpen = false;
    },
  });
  const end = () => session.close().catch(() => undefined);
  const locked = await session.lock(["devices"]).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  if (locked.length === 0) {
    await end();
    return null;
  }
  return {
    isMine: () => isOpen,
    async keep() {
      await session.lock([]).catch(() => {
        isOpen = false;
      });
      return isOpen;
    },
    end,
  };
}
