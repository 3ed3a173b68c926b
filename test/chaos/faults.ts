import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "./certificates.js";
import { startCloud } from "./cloud.js";
import { startDevice } from "./device.js";
import { openLedger, seal, type Tally } from "./ledger.js";
import { type Mosquitto, mosquitto } from "./mosquitto.js";
import { startProxy, type TcpProxy } from "./proxy.js";
import { wait } from "./wait.js";

/** What can be done to a device's way to the cloud. */
interface Stage {
  readonly broker: Mosquitto;
  readonly proxy: TcpProxy;
  readonly outbox: string;
  readonly random: () => number;
}

type Fault = (stage: Stage) => Promise<void>;

/** Each happens again and again while reports are made, and leaves all as it was. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  none: () => wait(100),
  "broker killed": async ({ broker, random }) => {
    await broker.kill();
    await wait(random() * 400);
    await broker.start();
    await wait(500);
  },
  "broker paused": async ({ broker, random }) => {
    broker.signal("SIGSTOP");
    await wait(random() * 2_500);
    broker.signal("SIGCONT");
    await wait(300);
  },
  "data delayed": async ({ proxy, random }) => {
    proxy.delayMs = Math.floor(random() * 150);
    await wait(400);
    proxy.delayMs = 0;
    await wait(200);
  },
  "data lost": async ({ proxy }) => {
    proxy.loss = 0.02;
    await wait(800);
    proxy.loss = 0;
    await wait(300);
  },
  "connection reset": async ({ proxy, random }) => {
    proxy.reset();
    await wait(100 + random() * 400);
  },
  "connection half open": async ({ proxy, random }) => {
    proxy.silent = true;
    await wait(random() * 3_000);
    proxy.silent = false;
    await wait(800);
  },
  "disk full": async ({ outbox, random }) => {
    const ballast = join(outbox, "../ballast");
    try {
      writeFileSync(ballast, Buffer.alloc(64 * 2 ** 20));
    } catch {
      // It is as full as it gets.
    }
    await wait(random() * 600);
    rmSync(ballast, { force: true });
    await wait(200);
  },
};

/** Makes `reports` reports during a fault, waits until all have arrived or were named, and returns the account. */
export async function faultRun(
  kind: string,
  reports: number,
  random: () => number,
): Promise<Tally & { readonly faults: number }> {
  const fault = FAULTS[kind];
  if (fault === undefined) throw new Error(`There is no fault "${kind}"`);
  const folder = mkdtempSync(join(tmpdir(), "packdrift-chaos-"));
  const { ca, cert, key } = makeCertificates(folder);
  const broker = await mosquitto(folder);
  await broker.start();
  const proxy = await startProxy(broker.tlsPort, random);
  const disk = kind === "disk full" ? smallDisk(folder) : null;
  const outbox = join(disk?.path ?? folder, "outbox");
  const ledger = openLedger();
  const cloud = startCloud(broker.plainPort, ledger);
  await cloud.ready;
  const device = await startDevice({ folder: outbox, port: proxy.port, ca, cert, key, random });
  let done = false;
  let faults = 0;
  const disturbing = (async () => {
    while (!done) {
      await fault({ broker, proxy, outbox, random });
      faults += 1;
    }
  })();
  try {
    for (let made = 0; made < reports; made++) {
      const report = device.make();
      ledger.made(report.id, seal(report));
      // A little over 6 s for 2,000, so that many faults fall into it.
      if (made % 10 === 9) await wait(30);
    }
    done = true;
    await disturbing;
    // A device keeps reporting: what was collapsed meanwhile is named in its next report.
    for (const limit = Date.now() + 90_000; Date.now() < limit; await wait(500)) {
      const next = device.make();
      ledger.made(next.id, seal(next));
      await wait(500);
      if (ledger.isComplete()) break;
    }
  } finally {
    done = true;
    await disturbing;
    await device.stop();
    await cloud.close();
    await proxy.close();
    await broker.kill();
    disk?.remove();
    rmSync(folder, { recursive: true, force: true });
  }
  return { ...ledger.tally(), faults };
}

/** A file system of 1 MB of its own. */
function smallDisk(folder: string) {
  const path = mkdtempSync(join(folder, "disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path], { stdio: "pipe" });
  return { path, remove: () => execFileSync("umount", ["-l", path], { stdio: "pipe" }) };
}
