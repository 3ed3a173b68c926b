import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { codeOf } from "../../src/base/errors.js";
import { IN_FULL, isLong, NUCLEI } from "../long-runs.js";
import { JOB, MODEL, NAME, type SceneOptions, startScene, TOP, VERSION } from "./flow-parts.js";

type Scene = Awaited<ReturnType<typeof startScene>>;
const open: Scene[] = [];
async function scene(options: SceneOptions = {}): Promise<Scene> {
  const started = await startScene(options);
  open.push(started);
  return started;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const event = (name: string) => (line: { text: string }) => line.text.includes(`"event":"${name}"`);
const linesOf = (scene: Scene, name: string) =>
  scene.component.output.all.filter(event(name)).map((line) => JSON.parse(line.text));
const text = (scene: Scene) => scene.component.output.all.map((line) => line.text).join("\n");

describe.each(NUCLEI)("the component on the %s nucleus", (flavour) => {
  it("removes what earlier versions have compiled, and keeps its own", async () => {
    const it = await scene({
      flavour,
      isNew: true,
      onNucleus({ rootFolder }) {
        const work = join(rootFolder, "work", NAME);
        mkdirSync(work, { recursive: true });
        for (const name of ["code-0.0.1-v16.20.2.cache", "code-0.0.1-v16.20.2.cache.tmp", "decode.cache"]) {
          writeFileSync(join(work, name), "old");
        }
      },
    });
    await it.component.output.waitFor(event("check.done"));

    const own = `code-${VERSION}-${process.version}.cache`;
    await expect
      .poll(() => readdirSync(it.work).filter((name) => name.includes(".cache")))
      .toEqual([own, "decode.cache"]);
  });

  it("checks its own job at the start and its report reaches an MQTT subscriber", async () => {
    const { reports, nucleus, component } = await scene({ flavour, isNew: true });

    const report = await reports.next(() => true);

    expect(report).toMatchObject({
      schema: "packdrift.report/1",
      thing: "line-4",
      sequence: 1,
      kind: "COMPLETE",
      trigger: "START",
      drift: "IN_SYNC",
      runnable: "RUNNABLE",
      job: { ...{ project: JOB.project, name: JOB.job }, status: "SUCCEEDED", unavailable: null },
      component: { name: MODEL.name, expectedVersion: "4.0.0", deployedVersion: "4.0.0" },
      agent: { transport: "ipc", outbox: "disk", problems: [] },
    });
    expect(reports.topics).toEqual(["dt/packdrift/v1/line-4/report"]);
    await nucleus.calls.waitFor(({ operation }) => operation === "UpdateState");
    await component.output.waitFor(event("report.delivered"));
  });

  it("ends with 0 on SIGTERM within 2 s and continues with the next sequence afterwards", async () => {
    const it = await scene({ flavour });
    const first = await it.reports.next(() => true);
    await it.component.output.waitFor(event("report.delivered"));

    const from = performance.now();
    const exit = await it.component.stop();

    expect(exit).toMatchObject({ code: 0 });
    expect(performance.now() - from).toBeLessThan(2_000);
    await it.again();
    const second = await it.reports.next(({ sequence }) => sequence > 1);
    expect(second).toMatchObject({ epoch: first.epoch, sequence: 2, trigger: "START" });
  });

  it("keeps a report while the nucleus refuses it, and delivers it in the end", async () => {
    const it = await scene({ flavour });
    it.nucleus.answerWith("PublishToIoTCore", { error: "ServiceError", message: "offline" }, 2);

    const report = await it.reports.next(() => true);

    expect(report.sequence).toBe(1);
    const kept = await it.component.output.waitFor(event("report.kept"));
    expect(kept.text).toContain('Cannot publish to \\"dt/packdrift/v1/line-4/report\\": ServiceError: offline');
    await it.component.output.waitFor(event("report.delivered"));
    expect(readdirSync(join(it.work, "outbox"))).toEqual(["segment-000000000001.log"]);
  });

  it("removes a report when the cloud acknowledges it", async () => {
    const it = await scene({ flavour });
    const { sequence } = await it.reports.next(() => true);
    await it.component.output.waitFor(event("report.delivered"));
    await it.nucleus.calls.waitFor(({ operation }) => operation === "SubscribeToIoTCore");

    await it.cloud.publish("cmd/packdrift/v1/line-4/ack/req", Buffer.from(JSON.stringify({ sequence })), { qos: 1 });

    const freed = await it.component.output.waitFor(event("report.acknowledged"));
    expect(JSON.parse(freed.text)).toMatchObject({ sequence: 1, reports: 1 });
  });

  it("says what is wrong with its first configuration and ends with 3", async () => {
    const it = await scene({ flavour, configuration: { jitterSeconds: "soon" } });

    expect(await it.component.exited).toMatchObject({ code: 3 });
    expect(text(it)).toContain('Cannot read setting \\"jitterSeconds\\": must be a number, is \\"soon\\"');
  });

  it("keeps the last good configuration after a bad update, says so in a report, and recovers with the next good one", async () => {
    const it = await scene({ flavour });
    await it.reports.next(() => true);
    it.nucleus.setConfiguration("io.packdrift.Monitor", { logLevel: "loud" });

    const bad = await it.reports.next(({ agent }) => agent.problems.length > 0);

    const problem = 'Cannot read setting "logLevel": must be one of debug, info, warn, error, is "loud"';
    expect(bad).toMatchObject({ trigger: "CONFIG_CHANGE", drift: "IN_SYNC", agent: { problems: [problem] } });
    it.nucleus.setConfiguration("io.packdrift.Monitor", { logLevel: "debug" });
    const good = await it.reports.next(({ sequence, agent }) => sequence > bad.sequence && agent.problems.length === 0);
    expect(good.trigger).toBe("CONFIG_CHANGE");
  });
});

describe.each(IN_FULL)("the component on the %s nucleus", (flavour) => {
  it("ends with 1 when the connection drops, and delivers what was kept when it is started again", async () => {
    const it = await scene({ flavour });
    await it.reports.next(() => true);
    it.nucleus.dropConnections();

    expect(await it.component.exited).toMatchObject({ code: 1 });
    expect(text(it)).toContain('"event":"nucleus.lost"');
  });

  it("reports a component of another version than the job made as drift", async () => {
    const it = await scene({ flavour, deployed: "5.0.0" });

    const report = await it.reports.next(() => true);

    expect(report.drift).toBe("DRIFTED");
    expect(report.findings.filter(({ outcome }) => outcome === "DRIFT")).toMatchObject([
      { rule: "component.version", expected: "4.0.0", actual: "5.0.0" },
    ]);
  });
});

describe("the component", () => {
  it("is stopped in the middle of a check without a report lost or made twice", async () => {
    const it = await scene();
    await it.component.output.waitFor(event("agent.starting"));
    await it.component.stop();

    await it.again();
    await it.component.output.waitFor(event("report.delivered"));
    const report = await it.reports.next(() => true);
    expect(it.reports.all.map(({ id }) => id)).toEqual([report.id]);
  });

  it("writes one JSON object a line, and no secret anywhere", async () => {
    const it = await scene({ isNew: true });
    await it.reports.next(() => true);
    const { SVCUID: token = "" } = it.nucleus.environmentOf("io.packdrift.Monitor");
    await it.component.stop();

    for (const line of it.component.output.all) {
      expect(JSON.parse(line.text)).toMatchObject({
        level: expect.any(String),
        event: expect.any(String),
        time: expect.any(String),
      });
    }
    const files = readdirSync(it.work, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const written = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    const everything = [...written, text(it), JSON.stringify(it.reports.all)].join("\n");
    expect(token.length).toBeGreaterThan(8);
    expect(everything).not.toContain(token);
  });
});

if (isLong)
  describe("the component", () => {
    it("continues with the last good copy when the service is gone, and says so", async () => {
      const it = await scene();
      await it.reports.next(() => true);
      await it.component.stop();
      await it.archive.close();

      await it.again();
      const report = await it.reports.next(({ job }) => job.unavailable !== null);

      expect(report).toMatchObject({
        drift: "IN_SYNC",
        runnable: "RUNNABLE",
        job: { unavailable: { reason: "UNREACHABLE" } },
      });
      expect(report.job.digest).toMatch(/^[0-9a-f]{64}$/);
    });

    it("reports that nothing could be checked when a job is unavailable and there is no copy", async () => {
      const it = await scene({ configuration: { jobs: [{ project: "bottle-caps", job: "never-made" }] } });

      const report = await it.reports.next(() => true);

      expect(report).toMatchObject({
        drift: "NOT_CHECKED",
        runnable: "CANNOT_TELL",
        job: { unavailable: { reason: "NOT_FOUND" } },
      });
    });

    it("splits a long report so that nucleus lite accepts it, and the parts make the whole", async () => {
      const it = await scene({
        flavour: "lite",
        root: join(TOP, "test/hosts/x86-laptop-no-avx"),
        configuration: { maxMessageBytes: 4_000, jobs: [{ project: "weld-seams", job: "weld-seams-failed" }] },
      });

      const report = await it.reports.next(() => true);

      expect(it.reports.topics.length).toBeGreaterThan(1);
      expect(report.drift).toBe("DRIFTED");
      expect(report.findings.length).toBeGreaterThan(5);
    });

    it("ends with 1 when the nucleus is not there", async () => {
      const it = await scene();
      await it.reports.next(() => true);
      await it.component.stop();
      await it.nucleus.removeSocket();

      await it.again();

      expect(await it.component.exited).toMatchObject({ code: 1 });
      expect(text(it)).toContain('"event":"nucleus.lost"');
    });

    it("ends with 1 when its token is refused", async () => {
      const it = await scene();
      await it.reports.next(() => true);
      await it.component.stop();

      const stale = await it.again({ SVCUID: "of-an-earlier-life" });

      expect((await stale.exited).code).toBe(1);
      expect(text(it)).toContain('"event":"nucleus.lost"');
      expect(text(it)).not.toContain("of-an-earlier-life");
    });

    it("joins a nucleus that answers the connect after 12 s, in one attempt, and says after 10 s that it waits", async () => {
      const it = await scene();
      await it.reports.next(() => true);
      await it.component.stop();
      it.nucleus.delayAcknowledgements(12_000);
      await it.again();

      expect(await it.reports.next(({ sequence }) => sequence === 2)).toMatchObject({ trigger: "START" });
      expect(linesOf(it, "nucleus.trouble")).toMatchObject([
        { what: "connect to the nucleus", message: "no answer after 10000 ms, waiting up to 60000 ms" },
      ]);
      expect([linesOf(it, "nucleus.waiting"), linesOf(it, "nucleus.lost")]).toEqual([[], []]);
    });
  });

describe("the component's surroundings", () => {
  it("leaves no core dump, whatever happens to it", async () => {
    const it = await scene({ isNew: true });
    await it.reports.next(() => true);

    const limits = ofProcessesIn(it.work, (pid) => readFileSync(`/proc/${pid}/limits`, "utf8"));
    const cores = limits.map((text) => /^Max core file size +(\S+) +(\S+)/m.exec(text)?.slice(1));
    expect(cores.length).toBeGreaterThan(0);
    expect(cores).toEqual(cores.map(() => ["0", "0"]));
    const { pid, exited } = it.component;
    if (pid === undefined) throw new Error("The component does not run");
    process.kill(-pid, "SIGABRT");
    await exited;
    expect(readdirSync(it.work).filter((name) => name.startsWith("core"))).toEqual([]);
  });

  it("opens no port, and its files and folders are for its user alone", async () => {
    const it = await scene();
    await it.reports.next(() => true);
    await it.component.output.waitFor(event("report.delivered"));

    const sockets = ofProcessesIn(it.work, (pid) =>
      readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)),
    );
    const listening = ["tcp", "tcp6", "udp", "udp6"].flatMap((kind) =>
      readFileSync(`/proc/net/${kind}`, "utf8")
        .split("\n")
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        // 0A is LISTEN, 07 an unconnected UDP socket.
        .filter((cells) => cells[3] === "0A" || cells[3] === "07")
        .map((cells) => `socket:[${cells[9]}]`),
    );
    expect(sockets.length).toBeGreaterThan(0);
    expect(listening.length).toBeGreaterThan(0);
    expect(sockets.flat().filter((socket) => listening.includes(socket))).toEqual([]);
    const outbox = join(it.work, "outbox");
    const modes = [outbox, ...readdirSync(outbox).map((name) => join(outbox, name))].map((path) => statSync(path).mode);
    expect(modes.map((mode) => mode & 0o077)).toEqual(modes.map(() => 0));
  });
});

/** What is read of each process that works in a folder; of one that ends meanwhile there is nothing to read. */
function ofProcessesIn<T extends { readonly length: number }>(folder: string, read: (pid: string) => T): T[] {
  const own = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && linkOf(`/proc/${pid}/cwd`) === folder);
  return own.flatMap((pid) => {
    try {
      const text = read(pid);
      return text.length === 0 ? [] : [text];
    } catch (error) {
      if (["ENOENT", "ESRCH"].includes(codeOf(error) ?? "")) return [];
      throw error;
    }
  });
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
