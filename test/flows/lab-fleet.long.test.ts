import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { packdrift } from "./cli.js";

const BUNDLE = join(import.meta.dirname, "../../dist/packdrift.mjs");
let lab: ChildProcess | null = null;
afterEach(async () => {
  if (lab !== null && lab.exitCode === null) {
    lab.kill("SIGTERM");
    await once(lab, "exit");
  }
  lab = null;
});

describe("packdrift lab --fleet", () => {
  it("serves the fleet's page, where the real device is asked and answers among virtual ones", async () => {
    const url = await pageOf(["--fleet", "6"]);

    const page = await (await fetch(url)).text();
    expect(page).toContain("<!doctype html>");
    const devices = (await answerOf(url, "/api/devices?limit=20")) as { items: { thing: string; state: string }[] };
    expect(devices.items.map(({ thing }) => thing)).toContain("packdrift-lab");
    expect(devices.items.filter(({ state }) => state === "never")).toHaveLength(1);
    const asked = (await answerOf(url, "/api/requests", {
      command: "check",
      filter: { runnable: "WILL_NOT_RUN" },
    })) as { id: string; asked: number };
    expect(asked.asked).toBeGreaterThan(1);
    await expect
      .poll(() => answerOf(url, `/api/requests/${asked.id}`), { timeout: 60_000 })
      .toMatchObject({ answered: asked.asked, waiting: 0 });
  });

  it("shows the real device's reports, then the fleet that it is in, with its past", async () => {
    const { out, err } = await packdrift(["lab", "--fleet", "20", "--once"]);

    expect(err).toBe("");
    expect(out.match(/device +packdrift-lab/g)).toHaveLength(2);
    // The real device has a job that it cannot run; whether for a shared reason, depends on the machine.
    expect(out).toMatch(
      /\nfleet: 22 devices, 9 will not run, [3-9] of them for (one cause|\d causes), 1 late, 1 silent, 1 never heard\n/,
    );
  });

  it("shows a fleet on a fast clock without the real device", async () => {
    const { code, out } = await packdrift(["lab", "--fleet", "3", "--speed", "60", "--once", "--json"]);

    expect(code).toBe(0);
    expect(JSON.parse(out.trim().split("\n").at(-1) ?? "")).toHaveProperty("page");
  });

  it.each([
    [["--fleet", "0"], 'Cannot use --fleet "0": must be a whole number from 1 to 20000'],
    [["--fleet", "20", "--speed", "fast"], 'Cannot use --speed "fast": must be a whole number from 1 to 86400'],
    [["--scene", "hole"], "--scene needs --fleet N"],
    [["--fleet", "1", "--scene", "fire"], 'Cannot use --scene "fire": must be one of'],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { code, err } = await packdrift(["lab", ...args]);

    expect(code).toBe(3);
    expect(err).toContain(sentence);
  });
});

/** Starts the lab; gives the address of its page once it has printed it, which is its last line. */
async function pageOf(args: readonly string[]): Promise<string> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [BUNDLE, "lab", ...args], {
    env: { PATH, HOME },
    stdio: ["ignore", "pipe", "pipe"],
  });
  lab = child;
  let out = "";
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const url = /The fleet's page: (http:\S+)\n$/.exec(out)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once("exit", () => reject(new Error(`The lab ended: ${out}`)));
  });
}

/** What the API answers; with a body to a POST. */
async function answerOf(url: string, path: string, body?: object): Promise<unknown> {
  const post = {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify(body),
  };
  return (await fetch(new URL(path, url), body === undefined ? {} : post)).json();
}
