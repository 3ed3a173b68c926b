import { describe, expect, it } from "vitest";
import type { DutyName, Work } from "../../../src/fleet/store/peers.js";
import { type PeerSession, type SessionEvents, sharedPeers } from "../../../src/fleet/store/shared-peers.js";
import { fakeClock, fakeLog, settled } from "../../agent/fake-clock.js";

/** A server that knows who has which lock. */
function lockServer() {
  const sessions = new Set<SessionEvents>();
  const locks = new Map<DutyName, SessionEvents>();
  let isDown = false;
  let isHanging = false;
  const answer = async (): Promise<void> => {
    if (isHanging) await new Promise(() => {});
    if (isDown) throw new Error("the server is down");
  };
  const free = (session: SessionEvents) => {
    sessions.delete(session);
    for (const [duty, holder] of locks) if (holder === session) locks.delete(duty);
  };
  return {
    locks,
    sessions,
    async open(events: SessionEvents): Promise<PeerSession> {
      await answer();
      sessions.add(events);
      return {
        async lock(duties) {
          await answer();
          const got = duties.filter((duty) => (locks.get(duty) ?? events) === events);
          for (const duty of got) locks.set(duty, events);
          return got;
        },
        async unlock(duty) {
          await answer();
          locks.delete(duty);
        },
        async announce(text) {
          await answer();
          for (const each of sessions) if (each !== events) each.onAnnounced(text);
        },
        close: async () => free(events),
      };
    },
    /** Ends sessions, as a restart does. */
    crash() {
      isDown = true;
      for (const session of [...sessions]) {
        free(session);
        session.onEnded("the server has gone");
      }
    },
    start() {
      isDown = false;
    },
    hang() {
      isHanging = true;
    },
  };
}

function scene() {
  const clock = fakeClock();
  const server = lockServer();
  const peersWith = (log: ReturnType<typeof fakeLog>) =>
    sharedPeers({ open: server.open, log, later: clock.later, steadyMs: clock.steadyMs, random: () => 0.5 });
  /** A process that wants a duty. */
  const process = (duty: DutyName = "devices", stop: () => Promise<void> = async () => {}) => {
    const log = fakeLog();
    const peers = peersWith(log);
    const events: string[] = [];
    let isAble = true;
    const begin = (isMine: () => boolean): Work => {
      events.push(`begins ${isMine()}`);
      return {
        async stop() {
          events.push(`stops ${isMine()}`);
          await stop();
        },
      };
    };
    const sought = peers.seek(duty, { isAble: () => isAble, begin });
    return {
      ...{ peers, sought, events, log },
      setAble: (able: boolean) => {
        isAble = able;
      },
    };
  };
  return { clock, server, process, peersWith };
}

describe("sharedPeers", () => {
  it("gives each duty to one process, and to another within seconds once that one ends", async () => {
    const { clock, process } = scene();
    const first = process();
    await settled();
    const second = process();
    await clock.pass(10_000);
    expect([first.sought.isMine(), second.sought.isMine()]).toEqual([true, false]);
    expect([first.peers.duties(), second.peers.duties()]).toEqual([["devices"], []]);

    await first.peers.close();
    expect(first.events).toEqual(["begins true", "stops false"]);
    await clock.pass(1_000);

    expect(second.events).toEqual(["begins true"]);
    expect(second.sought.isMine()).toBe(true);
  });

  it("shares the duties one by one", async () => {
    const { clock, process } = scene();
    const [devices, alarms] = [process("devices"), process("alarms")];
    await clock.pass(1_000);

    expect([devices.sought.isMine(), alarms.sought.isMine()]).toEqual([true, true]);
  });

  it("stops at once when the session ends, and takes the duty again when the server is back", async () => {
    const { clock, server, process } = scene();
    const { sought, events, log } = process();
    await settled();

    server.crash();
    expect([sought.isMine(), events]).toEqual([false, ["begins true", "stops false"]]);
    await clock.pass(60_000);
    server.start();
    await clock.pass(6_000);

    expect([sought.isMine(), events.slice(2)]).toEqual([true, ["begins true"]]);
    expect(log.lines.map(([event]) => event)).toEqual([
      "duty.taken",
      "peers.lost",
      "duty.lost",
      "peers.recovered",
      "duty.taken",
    ]);
  });

  it("does not act while the server gives no answer, before the server would free the locks", async () => {
    const { clock, server, process } = scene();
    const { sought, events } = process();
    await settled();
    server.hang();

    await clock.pass(4_000);
    expect(sought.isMine()).toBe(true);
    await clock.pass(2_000);

    expect([sought.isMine(), events]).toEqual([false, ["begins true"]]);
  });

  it("tries to get a lost duty again only once its work has ended", async () => {
    const { clock, server, process } = scene();
    let end = () => {};
    const { sought } = process("alarms", () => new Promise((resolve) => (end = resolve)));
    await settled();
    server.crash();
    server.start();
    await clock.pass(10_000);
    expect([sought.isMine(), server.locks.size]).toEqual([false, 0]);

    end();
    await clock.pass(1_000);

    expect(sought.isMine()).toBe(true);
  });

  it("frees a duty's lock only once its work has ended", async () => {
    const { clock, server, process } = scene();
    let end = () => {};
    const { sought } = process("alarms", () => new Promise((resolve) => (end = resolve)));
    await settled();
    const stopped = sought.stop();
    await clock.pass(1_000);
    expect([sought.isMine(), server.locks.size]).toEqual([false, 1]);

    end();
    await stopped;

    expect(server.locks.size).toBe(0);
  });

  it("takes no duty from a session that ends while a lock that is no longer wanted is freed", async () => {
    const clock = fakeClock();
    const log = fakeLog();
    let answerLock = () => {};
    let sessions = 0;
    const peers = sharedPeers({
      async open({ onEnded }) {
        sessions += 1;
        const isFirst = sessions === 1;
        return {
          async lock(duties) {
            // Another process is faster once the first session has ended.
            if (!isFirst) return [];
            await new Promise<void>((resolve) => (answerLock = resolve));
            return duties;
          },
          unlock: async () => onEnded("the server has gone"),
          announce: async () => {},
          close: async () => {},
        };
      },
      log,
      later: clock.later,
      steadyMs: clock.steadyMs,
      random: () => 0.5,
    });
    const candidate = { isAble: () => true, begin: () => ({ stop: async () => {} }) };
    const devices = peers.seek("devices", candidate);
    const alarms = peers.seek("alarms", candidate);
    await settled();
    await devices.stop();
    answerLock();
    await clock.pass(3_000);

    expect([sessions, alarms.isMine(), peers.duties()]).toEqual([2, false, []]);
    expect(log.lines.map(([event]) => event)).toEqual(["duty.taken", "peers.lost", "duty.lost", "peers.recovered"]);
  });

  it("gives a duty that it could not do for some time to a process that can", async () => {
    const { clock, process } = scene();
    const first = process();
    await settled();
    const second = process();
    second.setAble(false);
    first.setAble(false);
    await clock.pass(30_000);
    expect([first.sought.isMine(), second.sought.isMine()]).toEqual([true, false]);

    second.setAble(true);
    await clock.pass(3_000);

    expect([first.sought.isMine(), second.sought.isMine()]).toEqual([false, true]);
    expect(first.events).toEqual(["begins true", "stops false"]);
  });

  it("leaves a free duty for some seconds to processes that can do it", async () => {
    const { clock, process } = scene();
    const page = process("alarms");
    page.setAble(false);
    await clock.pass(3_000);
    expect(page.sought.isMine()).toBe(false);
    await clock.pass(3_000);

    expect(page.sought.isMine()).toBe(true);
  });

  it("keeps a duty that it could not do for a short time", async () => {
    const { clock, process } = scene();
    const first = process();
    await settled();
    process();
    first.setAble(false);
    await clock.pass(8_000);
    first.setAble(true);
    await clock.pass(30_000);

    expect([first.sought.isMine(), first.events]).toEqual([true, ["begins true"]]);
  });

  it("passes announcements to the others, and notifies all listeners when some may have been lost", async () => {
    const { clock, server, process } = scene();
    const [first, second] = [process(), process()];
    const received: string[] = [];
    second.peers.subscribe((what) => received.push(what));
    await clock.pass(1_000);
    first.peers.announce("asked");
    await settled();
    expect(received).toEqual(["asked"]);

    server.crash();
    server.start();
    await clock.pass(6_000);

    expect(received.slice(1)).toEqual(["changed", "asked"]);
  });

  it("announces later what was announced before its session began", async () => {
    const { clock, process } = scene();
    const received: string[] = [];
    process().peers.subscribe((what) => received.push(what));
    await clock.pass(1_000);
    process("alarms").peers.announce("asked");
    await clock.pass(1_000);

    expect(received).toEqual(["asked"]);
  });

  it("opens no session until one is needed, and ends without one", async () => {
    const { clock, server, peersWith } = scene();
    const log = fakeLog();
    const peers = peersWith(log);
    peers.announce("changed");
    await clock.pass(60_000);
    await peers.close();

    expect([server.sessions.size, log.lines, clock.waits]).toEqual([0, [], []]);
  });
});
