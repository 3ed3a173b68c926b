import { afterEach, describe, expect, it } from "vitest";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import type { FleetStore } from "../../../src/fleet/store/open-sqlite.js";
import type { DutyName } from "../../../src/fleet/store/peers.js";
import { fakeLog } from "../../agent/fake-clock.js";
import type { PostgresEngine } from "../../postgres-engines.js";
import { until } from "../../until.js";
import { complete, messageOf } from "./fleet-messages.js";
import { sharedPostgres } from "./postgres-server.js";

/** What processes on one store do together, on a server of this version. */
export function peersSuite(engine: PostgresEngine): void {
  describe(`the processes that share a store of ${engine.name}`, () => {
    const opened: FleetStore[] = [];
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    const database = async () => (await sharedPostgres(engine)).database();
    const open = async (url: string) => {
      const log = fakeLog();
      const store = await openPostgres(url, {}, log);
      opened.push(store);
      return { store, log, peers: store.peers };
    };
    const seek = ({ peers }: Awaited<ReturnType<typeof open>>, duty: DutyName = "devices") =>
      peers.seek(duty, { isAble: () => true, begin: () => ({ stop: async () => {} }) });

    it("share duties, which go to another when a process ends", async () => {
      const url = await database();
      const [a, b] = [await open(url), await open(url)];
      const first = seek(a);
      await until(() => first.isMine());
      const [second, alarms] = [seek(b), seek(b, "alarms")];
      await until(() => alarms.isMine());
      expect([second.isMine(), a.peers.duties(), b.peers.duties()]).toEqual([false, ["devices"], ["alarms"]]);

      await opened.shift()?.close();
      await until(() => second.isMine());

      expect(first.isMine()).toBe(false);
    });

    it("have duties of their own in each schema", async () => {
      const [a, b] = [seek(await open(await database())), seek(await open(await database()))];

      await until(() => a.isMine() && b.isMine());
    });

    it("lose a duty with the session that held it, and share it again", async () => {
      const url = await database();
      const [a, b] = [await open(url), await open(url)];
      const first = seek(a);
      await until(() => first.isMine());
      const second = seek(b);
      const sessions =
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()";
      await a.store.all(sessions);

      await until(() => !first.isMine());
      await until(() => first.isMine() !== second.isMine());
      expect(a.log.lines.map(([event]) => event).slice(0, 3)).toEqual(["duty.taken", "peers.lost", "duty.lost"]);
    });

    it("hear what others announce, but not what they announce themselves", async () => {
      const url = await database();
      const [a, b, other] = [await open(url), await open(url), await open(await database())];
      const received: string[] = [];
      a.peers.subscribe((what) => received.push(`a ${what}`));
      b.peers.subscribe((what) => received.push(`b ${what}`));
      other.peers.subscribe((what) => received.push(`other ${what}`));
      const [mine, theirs] = [seek(a), seek(b, "alarms")];
      await until(() => mine.isMine() && theirs.isMine());
      a.peers.announce("asked");
      await until(() => received.length > 0);
      b.peers.announce("changed");
      await until(() => received.length > 1);

      expect(received).toEqual(["b asked", "a changed"]);
    });

    it("need no session in a process that only stores", async () => {
      const url = await database();
      const { store, peers } = await open(`${url}&application_name=storing`);
      await store.ingest([messageOf(complete())]);
      peers.announce("changed");
      // A session that was opened for it would be there before another process has a duty.
      const other = await open(url);
      const duty = seek(other);
      await until(() => duty.isMine());

      const connections = "SELECT count(*) AS count FROM pg_stat_activity WHERE application_name = 'storing'";
      expect(await other.store.all(connections)).toEqual([{ count: 1 }]);
    });
  });
}
