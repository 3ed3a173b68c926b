import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startScene, VERSION } from "./flow-parts.js";

/** A user who has nothing to do with packdrift. */
const NOBODY = 65_534;

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
/** A device whose component has run once and is started again after something was done to its work folder. */
async function scene(spoil: (work: string) => void) {
  const it = await startScene({ isNew: true });
  open.push(it);
  const first = await it.reports.next(() => true);
  await it.component.stop();
  spoil(it.work);
  await it.again();
  return { ...it, first };
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
const pipe = (path: string) => {
  rmSync(path, { recursive: true, force: true });
  execFileSync("mkfifo", [path]);
};

describe("a work folder in which another user has", () => {
  it("put pipes under all our names stops nothing", async () => {
    const it = await scene((work) => {
      const ours = ["settings", "requests", "restarts", "message-limit", "damping", "model-cache", "api-gone"].map(
        (name) => `${name}.json`,
      );
      const code = `code-${VERSION}-${process.version}.cache`;
      for (const name of [...ours, code, "signing-key.pem"]) pipe(join(work, name));
      for (const name of readdirSync(join(work, "outbox"))) pipe(join(work, "outbox", name));
      mkdirSync(join(work, "facts.d"), { recursive: true });
      pipe(join(work, "facts.d/facts.json"));
      const project = join(work, "jobs/bottle-caps");
      for (const name of readdirSync(project)) pipe(join(project, name));
    });

    const report = await it.reports.next(({ epoch }) => epoch !== it.first.epoch);
    expect(report).toMatchObject({ trigger: "START", drift: "IN_SYNC" });
  });

  it("linked the outbox elsewhere keeps reports in memory, says so, and leaves that folder alone", async () => {
    let elsewhere = "";
    const it = await scene((work) => {
      elsewhere = join(work, "../elsewhere");
      mkdirSync(elsewhere);
      chmodSync(elsewhere, 0o755);
      rmSync(join(work, "outbox"), { recursive: true });
      symlinkSync(elsewhere, join(work, "outbox"));
    });

    const report = await it.reports.next(({ agent }) => agent.outbox === "memory");
    expect(report.agent.problems).toEqual([expect.stringMatching(/kept in memory only: .*is a link, not a folder/)]);
    expect([readdirSync(elsewhere), statSync(elsewhere).mode & 0o777]).toEqual([[], 0o755]);
  });

  it.skipIf(process.geteuid?.() !== 0)("planted settings sends no request where they lead, and is named", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(String(request.url));
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const source = { type: "archive", endpoint: `http://127.0.0.1:${port}` };
    const it = await scene((work) => {
      const planted = join(work, "settings.json");
      writeFileSync(
        planted,
        JSON.stringify({ jobs: [{ project: "bottle-caps", job: "bottle-caps-x86-cpu" }], source }),
      );
      chmodSync(planted, 0o666);
      chownSync(planted, NOBODY, NOBODY);
    });

    const report = await it.reports.next(({ epoch, sequence }) => epoch !== it.first.epoch || sequence > 1);
    expect([report.drift, asked]).toEqual(["IN_SYNC", []]);
    expect(report.agent.problems).toEqual([expect.stringMatching(/settings\.json" belongs to user 65534.*not read$/)]);
    server.close();
  });

  it("the right to write is reported", async () => {
    const it = await scene((work) => chmodSync(work, 0o777));

    const report = await it.reports.next(({ agent }) => agent.problems.length > 0);
    expect(report.agent.problems).toEqual([
      `"${it.work}" may be written by others: its mode is 0777, must be 0755 or less, so compiled code is not read from this work folder`,
    ]);
  });
});
