import type { Later } from "../../base/clock.js";
import type { Announcement } from "./peers.js";

/** Sends announcements, `changed` at most once a second. */
export interface Announcer {
  announce(what: Announcement): void;
  /** Sends what could not be sent before; `changed` is sent when its second is over. */
  resume(): void;
  stop(): void;
}

// With each notification that PostgreSQL commits, commits wait for each other for a moment.
const EVERY_MS = 1_000;

/** `send` returns whether it was sent; if not, it is sent later. */
export function announcer(later: Later, send: (what: Announcement) => boolean): Announcer {
  const waiting = new Set<Announcement>();
  let cancel: (() => void) | null = null;

  function sendChanged(): void {
    cancel = later(EVERY_MS, () => {
      cancel = null;
      if (waiting.delete("changed")) sendChanged();
    });
    if (!send("changed")) waiting.add("changed");
  }

  return {
    announce(what) {
      if (what === "asked") {
        if (!send(what)) waiting.add(what);
      } else if (cancel === null) sendChanged();
      else waiting.add(what);
    },
    resume() {
      if (waiting.has("asked") && send("asked")) waiting.delete("asked");
    },
    stop() {
      cancel?.();
      waiting.clear();
    },
  };
}
