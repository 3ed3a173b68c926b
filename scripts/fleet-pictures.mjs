// Writes the pictures of the fleet's pages in docs/pictures: of `packdrift lab --fleet 40 --speed 2`, whose virtual devices are the
// component's own code on recorded machines, judged by its rules. Needs Debian's chromium. Run by `npm run pictures`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(top, "docs/pictures");
mkdirSync(folder, { recursive: true });

// A speed other than 1 leaves out this machine, which is another one each time.
const args = ["lab", "--fleet", "40", "--speed", "2", "--json"];
const lab = spawn(process.execPath, [join(top, "dist/packdrift.mjs"), ...args], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const url = await pageOf(lab);
  const device = await deviceOfFirstCause(url);
  await take(url, [
    { name: "fleet", path: "/", width: 1280, height: 860, colorScheme: "light" },
    { name: "fleet-dark", path: "/", width: 1280, height: 860, colorScheme: "dark" },
    { name: "fleet-phone", path: "/", width: 390, height: 844, colorScheme: "light" },
    { name: "fleet-device", path: `/devices/${device}`, width: 1280, height: 1000, colorScheme: "light" },
    { name: "fleet-what-if", path: "/what-if?jetpack=5.1.2", width: 1280, height: 820, colorScheme: "light" },
  ]);
} finally {
  lab.kill("SIGTERM");
  if (lab.exitCode === null) await once(lab, "exit");
}

/** The address of the page, once the lab has printed it. */
async function pageOf({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const { page } = JSON.parse(line);
    if (page !== undefined) return page;
  }
  throw new Error(`The lab ended before its page was there: packdrift ${args.join(" ")}`);
}

/** A device that the cause at the top of the overview holds back. */
async function deviceOfFirstCause(url) {
  const ask = async (path) => (await fetch(new URL(path, url))).json();
  const [{ cause }] = (await ask("/api/causes?limit=1")).items;
  const { items } = await ask(`/api/devices?limit=1&cause=${encodeURIComponent(cause)}`);
  return items[0].thing;
}

async function take(url, pictures) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  for (const { name, path, width, height, colorScheme } of pictures) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
    await page.goto(new URL(path, url).href);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await page.close();
  }
  await browser.close();
}
