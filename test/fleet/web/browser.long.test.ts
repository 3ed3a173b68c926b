import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { HttpService } from "../../../src/platform/http-server.js";
import { lacks } from "../../needed.js";
import { type FakeFleet, fakeFleet } from "./fake-fleet.js";
import { serveFake } from "./serving.js";

const CHROMIUM = "/usr/bin/chromium";
/** Nobody looks: pages are laid out, but not drawn by a graphics library. */
const FLAGS = ["--no-sandbox", "--disable-gpu"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PAGES = [
  "/",
  "/devices",
  "/devices?runnable=WILL_NOT_RUN",
  "/devices/line-1-cam-01",
  "/devices/line-1-cam-01/jobs",
  "/causes",
  "/jobs",
  "/jobs/gear-teeth/inspection-a",
  "/jobs/gear-teeth/inspection-a/devices",
  "/what-if?jetpack=5.1.2",
  "/requests",
  "/requests/r1",
  "/alarms",
  "/delivery",
  "/nowhere",
  "/?at=2026-11-20T10:00:00Z",
];

describe.skipIf(lacks("chromium"))("pages in a browser", () => {
  let browser: Browser;
  const services: HttpService[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await Promise.all(services.splice(0).map((service) => service.close()));
  });

  async function serve(fleet: FakeFleet, serving: Parameters<typeof serveFake>[1] = {}): Promise<string> {
    const service = await serveFake(fleet, serving);
    services.push(service);
    return service.url;
  }

  /** A page, and everything that goes wrong in it. */
  async function open(options: Parameters<Browser["newContext"]>[0] = {}): Promise<{ page: Page; wrong: string[] }> {
    const page = await (await browser.newContext(options)).newPage();
    // A guard, not a measure: on a busy machine a browser takes its time.
    page.setDefaultTimeout(300_000);
    const wrong: string[] = [];
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("dialog", (dialog) => {
      wrong.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    return { page, wrong };
  }

  /** Goes to a page, and waits until it would hear of a change. */
  async function openLive(page: Page, address: string): Promise<void> {
    const stream = page.waitForResponse((response) => response.url().includes("/api/events"));
    await page.goto(address);
    await stream;
  }

  it.each([
    ["light", {}],
    // The same documents in other colours: only the rules about colours can find something else.
    ["dark", { runOnly: ["color-contrast", "link-in-text-block"] }],
  ] as const)("pass axe, in %s", async (colorScheme, rules) => {
    const fleet = fakeFleet(60);
    await fleet.actions.ask("check", { runnable: "WILL_NOT_RUN" }, "anna");
    const url = await serve(fleet);
    // The page's own policy lets no script in but ours: axe needs a way around it.
    const { page } = await open({ bypassCSP: true, colorScheme, reducedMotion: "reduce" });

    const options = JSON.stringify({ ...rules, resultTypes: ["violations"] });
    for (const path of PAGES) {
      await page.goto(url + path);
      await page.evaluate(AXE);
      const found = await page.evaluate(
        `axe.run(${options}).then(({ violations }) => violations.map((each) => [each.id, each.nodes[0].html]))`,
      );
      expect([path, found]).toEqual([path, []]);
    }
  });

  it("fit every width without scrolling sideways, whatever devices are called", async () => {
    const { page, wrong } = await open();
    const ordinary = await serve(fakeFleet(60));
    const hostile = fakeFleet(8, "hostile");
    const other = await serve(hostile);
    const { items } = await hostile.questions.devices({}, { limit: 50 });

    const paths = [
      ...PAGES.filter((path) => path !== "/nowhere" && path !== "/requests/r1").map((path) => ordinary + path),
      ...[
        "/",
        "/devices",
        "/jobs",
        "/causes",
        ...items.map(({ thing }) => `/devices/${encodeURIComponent(thing)}`),
      ].map((path) => other + path),
    ];
    for (const path of paths) {
      await page.goto(path);
      for (const width of [390, 1280, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        const tooWide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        expect([path, width, tooWide]).toEqual([path, width, 0]);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("show how long texts begin in lists, and all of them on the page of their cause", async () => {
    const fleet = fakeFleet(8);
    const { items } = await fleet.questions.causes({}, { limit: 1 });
    const [words, word] = ["compute_86 ".repeat(100), "W".repeat(900)];
    const delta = { gpus: [words, word], l4t: [word, words] } as const;
    const long = items.map((cause) => ({
      ...{ ...cause, expected: words, actual: word, because: words, remedy: [words, word], breaks: [words] },
      change: { delta, from: cause.since, to: cause.since, things: cause.things },
    }));
    const [cause] = long;
    if (cause === undefined) throw new Error("The fleet has no cause");
    const questions = {
      ...fleet.questions,
      causes: async () => ({ items: long, next: null }),
      cause: async () => cause,
    };
    const url = await serve(fleet, { parts: { questions } });
    const { page } = await open({ viewport: { width: 1280, height: 800 } });

    const heights = [];
    for (const path of ["/", "/causes", `/causes/${encodeURIComponent(cause.cause)}`]) {
      await page.goto(url + path);
      heights.push((await page.locator(".cause").first().boundingBox())?.height ?? 0);
    }
    const [overview = 0, list = 0, own = 0] = heights;
    expect([overview < 900, list < 900, own > 1_500]).toEqual([true, true, true]);
  });

  it("follow again what arrives after a proxy has answered for a fleet that was down", async () => {
    const fleet = fakeFleet(8);
    const url = await serve(fleet);
    const { page } = await open();
    await page.clock.install();
    let isDown = true;
    await page.route("**/api/events*", (route) => (isDown ? route.fulfill({ status: 502 }) : route.continue()));
    await openLive(page, url);
    isDown = false;

    const stream = page.waitForResponse((response) => response.url().includes("/api/events"));
    await page.clock.runFor(60_000);

    expect((await stream).status()).toBe(200);
  });

  it("show what arrives, and count a request's answers, without being reloaded", async () => {
    const fleet = fakeFleet(60);
    const url = await serve(fleet);
    const { page, wrong } = await open();
    await openLive(page, url);

    // The answer to the form is a page of its own, with a stream of its own.
    const stream = page.waitForResponse((response) => response.url().includes("/api/events"));
    await page
      .getByRole("button", { name: /^Check these/ })
      .first()
      .click();
    await page.getByText(/asked \d+, answered 0, waiting/).waitFor();
    await stream;
    await page.evaluate("window.same = true");
    fleet.requests = fleet.requests.map((each) => ({ ...each, answered: each.asked, waiting: 0 }));
    fleet.change();
    await page.getByText(/asked (\d+), answered \1$/).waitFor();

    expect([await page.evaluate("window.same"), wrong]).toEqual([true, []]);
  });

  it("learn what changed before they started to follow", async () => {
    const fleet = fakeFleet(60);
    await fleet.actions.ask("check", { runnable: "WILL_NOT_RUN" }, "anna");
    const url = await serve(fleet);
    const { page, wrong } = await open();
    await page.route("**/api/events*", async (route) => {
      // The page is made, and does not follow yet.
      fleet.requests = fleet.requests.map((each) => ({ ...each, answered: each.asked, waiting: 0 }));
      fleet.change();
      await route.continue();
    });
    await page.goto(`${url}/requests`);
    await page.getByText(/asked (\d+), answered \1$/).waitFor();

    expect(wrong).toEqual([]);
  });

  it("do not replace a part in which somebody is typing, and keep open what was opened", async () => {
    const fleet = fakeFleet(60);
    const url = await serve(fleet);
    const { page } = await open();
    await openLive(page, `${url}/alarms`);
    await page.getByText("Silence…").first().click();
    await page.getByLabel("Why").first().fill("upgrade");

    const fetched = page.waitForResponse((response) => response.url() === `${url}/alarms`);
    fleet.change();
    await fetched;

    expect(await page.getByLabel("Why").first().inputValue()).toBe("upgrade");
  });

  it("leave the gaps alone while somebody gives one up, and never move the focus to another device's", async () => {
    const fleet = fakeFleet(60);
    const gapOf = (thing: string) => ({ thing, epoch: "e1", from: 2, to: 2, heardAt: "2026-11-29T10:00:00Z" });
    let [gaps, missing] = [[gapOf("cam-a"), gapOf("cam-b")], 2];
    const questions: FakeFleet["questions"] = {
      ...fleet.questions,
      gaps: async () => ({ items: gaps, next: null }),
      delivery: async () => ({ ...(await fleet.questions.delivery()), missing }),
    };
    const url = await serve(fleet, { parts: { questions } });
    const { page } = await open();
    await openLive(page, `${url}/delivery`);
    const row = (thing: string) => page.getByRole("row").filter({ hasText: thing });
    const names = () => page.locator(".gaps tbody th").allTextContents();
    const focused = () => page.evaluate("document.activeElement.closest('tr')?.querySelector('th').textContent");
    const report = async () => {
      [gaps, missing] = [[...gaps].reverse(), missing + 1];
      fleet.change();
      await page.getByText(`stored, 35 named lost by devices and ${missing} missing`).waitFor();
    };

    await row("cam-b").getByText("Give up…").click();
    await report();
    expect(await names()).toEqual(["cam-a", "cam-b"]);
    expect(await row("cam-b").getByRole("button", { name: "Give up 2" }).isVisible()).toBe(true);

    // Closed again, the part follows what it has missed; the focus stays with the device.
    await row("cam-b").getByText("Give up…").click();
    await page.locator(".gaps tbody tr").first().filter({ hasText: "cam-b" }).waitFor();
    expect(await focused()).toBe("cam-b");
    await report();
    await page.locator(".gaps tbody tr").first().filter({ hasText: "cam-a" }).waitFor();
    expect(await focused()).toBe("cam-b");
  });

  it("filter the list, with the filter in the address, and keep it on the next page", async () => {
    const url = await serve(fakeFleet(400));
    const { page } = await open();
    await page.goto(`${url}/devices`);

    await page.locator("select[name=runnable]").selectOption("WILL_NOT_RUN");
    await page.waitForURL(`${url}/devices?runnable=WILL_NOT_RUN`);
    await page.getByRole("link", { name: "More devices" }).click();
    await page.waitForURL(/runnable=WILL_NOT_RUN&after=/);
    await page.getByRole("link", { name: /Without will not run/ }).click();
    await page.waitForURL(`${url}/devices`);
  });

  it("go through time by the slider, with the keyboard", async () => {
    const url = await serve(fakeFleet(60));
    const { page } = await open();
    await page.goto(url);

    await page.getByLabel("See the fleet as it was").press("ArrowLeft");
    await page.waitForURL(/\?at=/);
    await page.getByRole("link", { name: "Back to now" }).click();
    await page.waitForURL(`${url}/`);
  });

  it("accept a job's file, and say which devices can run it", async () => {
    const url = await serve(fakeFleet(60));
    const { page } = await open();
    await page.goto(`${url}/jobs`);

    await page
      .getByLabel("or a file")
      .setInputFiles({ name: "job.json", mimeType: "application/json", buffer: Buffer.from('{"JobName":"a"}') });
    await page.getByRole("button", { name: "See who can run it" }).click();

    await page.getByRole("heading", { name: "Can run it", exact: true }).waitFor();
  });

  it("do all of this without script", async () => {
    const fleet = fakeFleet(60);
    const url = await serve(fleet);
    const { page } = await open({ javaScriptEnabled: false });
    await page.goto(`${url}/devices`);

    await page.locator("select[name=runnable]").selectOption("WILL_NOT_RUN");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("button", { name: /^Check these/ }).click();
    expect(page.url()).toContain("runnable=WILL_NOT_RUN");
    await page.goto(`${url}/jobs`);
    await page.getByLabel("Description of the job").fill('{"JobName":"a"}');
    await page.getByRole("button", { name: "See who can run it" }).click();
    await page.getByRole("heading", { name: "Can run it", exact: true }).waitFor();

    expect(fleet.done).toHaveLength(1);
  });

  it("run no script that a device sends", async () => {
    const fleet = fakeFleet(8, "hostile");
    const url = await serve(fleet);
    const { page, wrong } = await open();
    const { items } = await fleet.questions.devices({}, { limit: 50 });

    for (const path of ["/", "/devices", ...items.map(({ thing }) => `/devices/${encodeURIComponent(thing)}`)])
      await page.goto(url + path);
    await openLive(page, url);
    const fetched = page.waitForResponse((response) => response.url() === `${url}/`);
    fleet.change();
    await fetched;

    expect([wrong, await page.locator("img").count()]).toEqual([[], 0]);
  });
});
