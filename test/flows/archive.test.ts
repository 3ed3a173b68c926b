import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sdk } from "../archive/clients/clients.js";
import { labJobs } from "../archive/serving.js";
import { lacks } from "../needed.js";
import { selfSigned } from "../self-signed.js";
import { command, packdrift } from "./cli.js";

const TOP = join(import.meta.dirname, "../..");
const BUNDLE = join(TOP, "dist/packdrift.mjs");
const LAB_JOBS = join(TOP, "src/lab/jobs");
const KEYS = "[line]\naws_access_key_id=AKIDLINE\naws_secret_access_key=s\n";

let folder: string;
let dir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-archive-flow-"));
  dir = join(folder, "archive");
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A running `archive serve`, and the events that it prints. */
interface Served {
  readonly url: string;
  readonly events: () => readonly Record<string, unknown>[];
  /** Resolves when it prints an event. */
  event(name: string): Promise<Record<string, unknown>>;
  /** Resolves to its exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

async function serve(...args: string[]): Promise<Served> {
  const child = spawn(process.execPath, [BUNDLE, "archive", "serve", "--dir", dir, "--port", "0", "--json", ...args], {
    env: { PATH: process.env.PATH ?? "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  let out = "";
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const check of waiting) check();
  });
  const events = () =>
    out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const event = (name: string) =>
    new Promise<Record<string, unknown>>((resolve) => {
      const check = (): void => {
        const found = events().find((line) => line.event === name);
        if (found === undefined) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  const { url } = await event("archive.listening");
  const stop = (signal: NodeJS.Signals) =>
    new Promise<number | null>((resolve) => {
      child.once("exit", resolve);
      child.kill(signal);
    });
  return { url: String(url), events, event, stop };
}

function read(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    }).on("error", reject);
  });
}

/** Names, sizes and bytes of everything below a folder. */
const stateOf = (at: string) =>
  execFileSync("sh", ["-c", "find . -printf '%p %T@ %i\\n' | sort; cat $(find . -type f | sort) | cksum"], {
    cwd: at,
    encoding: "utf8",
  });

describe("packdrift archive", () => {
  it.each([
    [["archive"], "archive needs an action: serve, import, list, show, verify"],
    [["archive", "burn"], 'archive has no action "burn"'],
    [["archive", "list"], "archive list needs --dir DIR"],
    [["archive", "list", "--dir", "/no/such"], "does not exist"],
    [["archive", "import", "--dir", "/tmp"], "archive import needs FILE_OR_FOLDER…"],
    [["archive", "import", "--dir", "/tmp/x", "/no/such.json"], 'Cannot import "/no/such.json": does not exist'],
    [["archive", "show", "--dir", "/tmp"], "archive show needs a job"],
    [["archive", "show", "--dir", "/tmp", "../etc/passwd"], 'Cannot use project name ".."'],
    [["archive", "show", "--dir", "/tmp", "p/none"], "the archive has no such job"],
    [
      ["archive", "serve", "--dir", "/tmp", "--host", "0.0.0.0"],
      "without --credentials FILE the archive listens on the loopback address only",
    ],
    [["archive", "serve", "--dir", "/tmp", "--port", "70000"], "must be a whole number from 0 to 65535"],
    [["archive", "serve", "--dir", "/tmp", "--tls-cert", "x"], "--tls-cert needs --tls-key FILE"],
    [["archive", "serve", "--dir", "/tmp", "--credentials", "/no/such"], "Cannot read credentials"],
    [
      ["archive", "serve", "--dir", "/tmp", "--host", "192.0.2.1", "--credentials", "/no/such"],
      "Cannot read credentials",
    ],
  ])("ends %j with 3 and says why", async (args, why) => {
    const { code, out, err } = await command(args);

    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain(why);
  });

  it("imports, lists, shows and verifies", async () => {
    const imported = await packdrift(["archive", "import", "--dir", dir, LAB_JOBS]);
    expect([imported.code, imported.err]).toEqual([0, ""]);
    expect(imported.out).toContain("8 files: 8 imported, 0 unchanged, 0 refused\n");
    expect(imported.out).toContain(
      `${LAB_JOBS}/x86-t4.json\n  imported  surface-scratch/surface-scratch-t4 (answer of DescribeModelPackagingJob)\n`,
    );

    const listed = await packdrift(["archive", "list", "--dir", dir]);
    expect(listed.code).toBe(0);
    expect(listed.out).toMatch(/^PROJECT +JOB +STATUS +TARGET +UPDATED +FROM +COMPONENT\n/);
    expect(listed.out).toMatch(
      /^weld-seams +weld-seams-xavier +SUCCEEDED +jetson_xavier +2022-12-19 +describe +com\.example\.factory\.WeldSeams 7\.0\.1$/m,
    );
    const { jobs, schema } = JSON.parse((await packdrift(["archive", "list", "--dir", dir, "--json"])).out);
    expect([schema, jobs.length]).toEqual(["packdrift.archive-list/1", 8]);

    const shown = await packdrift(["archive", "show", "--dir", dir, "weld-seams/weld-seams-xavier"]);
    const original = JSON.parse(readFileSync(join(LAB_JOBS, "xavier-plain.json"), "utf8"));
    expect([shown.code, JSON.parse(shown.out), shown.err]).toEqual([0, original, ""]);

    expect(await packdrift(["archive", "verify", "--dir", dir])).toEqual({
      code: 0,
      out: "8 jobs, 0 faults\n",
      err: "",
    });
  });

  it("changes nothing by importing twice", async () => {
    const inputs = join(folder, "inputs");
    cpSync(LAB_JOBS, inputs, { recursive: true });
    const start = {
      eventSource: "lookoutvision.amazonaws.com",
      eventName: "StartModelPackagingJob",
      eventTime: "2022-12-19T08:42:02Z",
      requestParameters: {
        projectName: "trail",
        jobName: "from-trail",
        configuration: { greengrass: { targetDevice: "jetson_xavier" } },
      },
    };
    writeFileSync(join(inputs, "trail.json.gz"), gzipSync(JSON.stringify({ Records: [start, start] })));
    const older = { ...labJobs()[0], LastUpdatedTimestamp: 1, StatusMessage: "Older" };
    writeFileSync(join(inputs, "00-older.json"), JSON.stringify(older));
    writeFileSync(join(inputs, "zz-older.json"), JSON.stringify(older));

    const first = JSON.parse((await command(["archive", "import", "--dir", dir, inputs, "--json"])).out);
    const state = stateOf(dir);
    const second = JSON.parse((await command(["archive", "import", "--dir", dir, inputs, "--json"])).out);

    expect(first).toMatchObject({
      schema: "packdrift.archive-import/1",
      files: 11,
      taken: 10,
      unchanged: 2,
      refused: 0,
    });
    expect(second).toMatchObject({ files: 11, taken: 0, unchanged: 12, refused: 0 });
    expect(stateOf(dir)).toBe(state);
  });

  it("reports for each file what it imported, guessed and refused, and fails with --strict", async () => {
    const recipe = join(folder, "recipe.yaml");
    writeFileSync(
      recipe,
      "RecipeFormatVersion: '2020-01-25'\nComponentName: com.example.A\nComponentVersion: 1.2.3\nComponentPublisher: Amazon Lookout for Vision\n",
    );
    const tags = join(folder, "tags.json");
    writeFileSync(tags, JSON.stringify({ tags: { TargetDevice: "jetson_xavier" } }));
    const page = join(folder, "page.json");
    writeFileSync(page, "<html>");
    const args = ["archive", "import", "--dir", dir, recipe, page, "--tags", tags, "--project", "p"];

    const { code, out } = await command(args);

    expect([code, out]).toEqual([
      0,
      `${recipe}
  imported  p/com-example-A-1-2-3 (reconstructed from a Greengrass component)
            note: JobName is made from the component's name and version
            note: Status is SUCCEEDED: the component exists
            note: model version and times are not known: absent
            note: TargetDevice is a tag
${page}
  refused   is an HTML page, not JSON
2 files: 1 imported, 0 unchanged, 1 refused
`,
    ]);
    expect((await command([...args, "--strict"])).code).toBe(1);
    expect((await command(["archive", "import", "--dir", dir, page])).code).toBe(1);
    const listed = await command(["archive", "list", "--dir", dir]);
    expect(listed.out).toMatch(/ recipe\* +com\.example\.A 1\.2\.3\n1 job \(\* reconstructed\)\n$/);
    expect((await command(["archive", "show", "--dir", dir, "p/com-example-A-1-2-3"])).err).toContain(
      "Reconstructed from recipe.yaml (recipe):",
    );
  });

  it("verifies an archive and names every fault", async () => {
    await command(["archive", "import", "--dir", dir, LAB_JOBS]);
    const path = join(dir, "weld-seams/weld-seams-xavier.json");
    writeFileSync(path, readFileSync(path, "utf8").replace("jetson_xavier", "jetson_nano"));
    writeFileSync(join(dir, "weld-seams/cut.json"), "{");
    writeFileSync(join(dir, "stray.txt"), "?");

    const { code, out } = await command(["archive", "verify", "--dir", dir]);

    expect([code, out.replaceAll(dir, "DIR")]).toEqual([
      1,
      `DAMAGED       DIR/stray.txt: not a project: is not a folder
DAMAGED       weld-seams/cut: Cannot read job from "weld-seams/cut.json": is not valid JSON: cut off
ALTERED       weld-seams/weld-seams-xavier: was changed since it was imported from "xavier-plain.json": its digest differs
CONSTRAINT    weld-seams/weld-seams-xavier: ModelPackagingConfiguration.Greengrass.TargetDevice must be jetson_xavier, is "jetson_nano"
9 jobs, 4 faults
`,
    ]);
    const json = JSON.parse((await command(["archive", "verify", "--dir", dir, "--json"])).out);
    expect([json.schema, json.faults, json.found.length]).toEqual(["packdrift.archive-verify/1", 4, 4]);
  });
});

describe("packdrift archive serve", () => {
  const job = { project: "weld-seams", job: "weld-seams-xavier" };

  it("answers this machine without credentials, reports what it skips, and ends with 0 when stopped", async () => {
    await command(["archive", "import", "--dir", dir, LAB_JOBS]);
    writeFileSync(join(dir, "weld-seams/cut.json"), "{");
    const served = await serve();
    const state = stateOf(dir);

    const { status, body } = await read(
      `${served.url}/2020-11-20/projects/weld-seams/modelpackagingjobs/weld-seams-xavier`,
    );
    const { ModelPackagingDescription: description } = JSON.parse(
      readFileSync(join(LAB_JOBS, "xavier-plain.json"), "utf8"),
    );
    expect([status, JSON.parse(body)]).toEqual([200, { ModelPackagingDescription: description }]);
    expect(await served.event("archive.checked")).toMatchObject({ projects: 6, jobs: 8, skipped: 1 });
    expect(served.events()).toContainEqual(
      expect.objectContaining({ event: "archive.skipped", file: join(dir, "weld-seams/cut.json") }),
    );
    expect(stateOf(dir)).toBe(state);

    // What is imported meanwhile is answered without a restart.
    const later = join(folder, "later.json");
    writeFileSync(later, JSON.stringify({ ...description, ProjectName: "later", JobName: "new" }));
    await command(["archive", "import", "--dir", dir, later]);
    await expect
      .poll(async () => (await read(`${served.url}/2020-11-20/projects/later/modelpackagingjobs/new`)).status)
      .toBe(200);

    expect(await served.stop("SIGTERM")).toBe(0);
  });

  it("requires signed requests when it has credentials, on any address", async () => {
    await command(["archive", "import", "--dir", dir, LAB_JOBS]);
    const credentials = join(folder, "credentials");
    writeFileSync(credentials, KEYS, { mode: 0o600 });
    const { url, events, stop } = await serve("--host", "0.0.0.0", "--credentials", credentials);
    const endpoint = url.replace("0.0.0.0", "127.0.0.1");

    const key = { id: "AKIDLINE", secret: "s" };
    expect(await sdk.call({ endpoint, key, ...job })).toHaveProperty("answer.JobName", "weld-seams-xavier");
    expect(await sdk.call({ endpoint, key: { ...key, secret: "t" }, ...job })).toHaveProperty(
      "error.name",
      "InvalidSignatureException",
    );
    expect((await read(`${endpoint}/2020-11-20/projects/weld-seams/modelpackagingjobs`)).status).toBe(403);
    expect(events()).toContainEqual(expect.objectContaining({ event: "archive.plain" }));
    expect(await stop("SIGINT")).toBe(0);
  });

  it("refuses every request once its credentials are gone, and says so once", async () => {
    await command(["archive", "import", "--dir", dir, LAB_JOBS]);
    const credentials = join(folder, "credentials");
    writeFileSync(credentials, KEYS, { mode: 0o600 });
    const { url: endpoint, events, event } = await serve("--credentials", credentials);
    const call = () => sdk.call({ endpoint, key: { id: "AKIDLINE", secret: "s" }, ...job });
    expect(await call()).toHaveProperty("answer.JobName", "weld-seams-xavier");

    rmSync(credentials);
    await expect.poll(call, { timeout: 20_000 }).toHaveProperty("error.name", "UnrecognizedClientException");
    await call();

    expect(await event("archive.credentials")).toMatchObject({ why: expect.stringContaining("ENOENT") });
    expect(events().filter((each) => each.event === "archive.credentials")).toHaveLength(1);
  });

  it("refuses credentials and keys that others may read", async () => {
    mkdirSync(dir);
    const path = join(folder, "secret");
    writeFileSync(path, KEYS, { mode: 0o644 });

    for (const options of [
      ["--credentials", path],
      ["--tls-cert", path, "--tls-key", path],
    ]) {
      const { code, err } = await command(["archive", "serve", "--dir", dir, "--port", "0", ...options]);
      expect([code, err]).toEqual([3, expect.stringContaining(`"${path}" may be read by others`)]);
    }
  });

  it("prints a line for each request with --log-level debug, and counts at the end", async () => {
    await command(["archive", "import", "--dir", dir, LAB_JOBS]);
    const { url, events, event, stop } = await serve("--log-level", "debug");
    const path = "/2020-11-20/projects/weld-seams/modelpackagingjobs";

    expect(await read(`${url}/healthz`)).toEqual({ status: 200, body: '{"status":"ok"}' });
    expect([(await read(`${url}${path}`)).status, (await read(`${url}/no/such`)).status]).toEqual([200, 404]);
    await event("archive.request");
    expect(await stop("SIGTERM")).toBe(0);

    const lines = events().filter((each) => each.event === "archive.request");
    expect(lines.map(({ method, url: asked, status, address }) => [method, asked, status, address])).toEqual([
      ["GET", "/healthz", 200, "127.0.0.1"],
      ["GET", path, 200, "127.0.0.1"],
      ["GET", "/no/such", 404, "127.0.0.1"],
    ]);
    expect(await event("archive.requests")).toMatchObject({
      requests: 3,
      answered: 2,
      refused: 1,
      throttled: 0,
      failed: 0,
    });
  });

  it("prints no line for each request otherwise", async () => {
    mkdirSync(dir);
    const { url, events, event, stop } = await serve();
    await read(`${url}/healthz`);
    await stop("SIGTERM");

    expect(await event("archive.requests")).toMatchObject({ requests: 1 });
    expect(events().some((each) => each.event === "archive.request")).toBe(false);
  });

  it("throttles a client that sends too many requests", async () => {
    await command(["archive", "import", "--dir", dir, LAB_JOBS]);
    const { url } = await serve("--rate", "1");
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1)
      statuses.push((await read(`${url}/2020-11-20/projects/weld-seams/modelpackagingjobs`)).status);

    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  it.skipIf(lacks("openssl"))("serves TLS to clients that trust its certificate", async () => {
    await command(["archive", "import", "--dir", dir, LAB_JOBS]);
    const { cert, key } = selfSigned(folder);
    const { url } = await serve("--tls-cert", cert, "--tls-key", key);

    expect(await sdk.call({ endpoint: url, key: { id: "any", secret: "any" }, ca: cert, ...job })).toHaveProperty(
      "answer.JobName",
      "weld-seams-xavier",
    );
  });
});
