import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSampleArchive } from "../../src/lab/sample-archive.js";
import { startTokenExchange } from "../../src/lab/token-exchange.js";
import { NUCLEI } from "../long-runs.js";
import { command, packdrift } from "./cli.js";

const TOP = join(import.meta.dirname, "../..");
const host = (name: string) => join(TOP, "test/hosts", name);
const job = (name: string) => join(TOP, "src/lab/jobs", `${name}.json`);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("packdrift facts", () => {
  it.each(
    readdirSync(join(TOP, "test/hosts"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  )("says of %s exactly what is expected", async (name) => {
    const {
      machine: _m,
      title: _t,
      lookout: _l,
      notes: _n,
      jetpackCandidates,
      cpu,
      ...expected
    } = JSON.parse(readFileSync(join(host(name), "expected.json"), "utf8"));

    const { code, out } = await command(["facts", "--root", host(name), "--json"]);

    const facts = JSON.parse(out);
    expect(code).toBe(0);
    expect(Object.keys(facts).sort()).toEqual(
      [...Object.keys(expected), "libcuda", "cpu", "schema", "readings"].sort(),
    );
    expect(facts).toMatchObject({ schema: "packdrift.facts/1", ...expected });
    if (cpu !== undefined) expect(facts.cpu).toMatchObject(cpu);
    if (jetpackCandidates !== undefined)
      expect(facts.readings.jetson.value.jetpackCandidates).toEqual(jetpackCandidates);
  });

  it("reads the drop-ins of the root, and says why it cannot use some of them, next to the facts", async () => {
    const root = join(folder, "with-drop-ins");
    mkdirSync(join(root, "etc/packdrift/facts.d"), { recursive: true });
    const driver = { key: "driver", value: "535.129.03", source: "asset register" };
    writeFileSync(join(root, "etc/packdrift/facts.d/10-site.json"), JSON.stringify(driver));
    writeFileSync(join(root, "etc/packdrift/facts.d/20-bad.json"), JSON.stringify({ ...driver, value: 535 }));

    const { code, out, err } = await command(["facts", "--root", root, "--json"]);

    const from = "/etc/packdrift/facts.d/10-site.json (asset register)";
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      driver: driver.value,
      readings: { driver: { from, confidence: "DECLARED" } },
    });
    expect(err).toBe(
      'packdrift: Cannot use the facts in "/etc/packdrift/facts.d/20-bad.json": "value" must be a string, is 535\n',
    );
  });

  it("reads this machine by default", async () => {
    const { code, out } = await packdrift(["facts", "--json"]);

    expect(code).toBe(0);
    const machine = execFileSync("uname", ["-m"], { encoding: "utf8" }).trim();
    expect(JSON.parse(out)).toMatchObject({ os: "LINUX", unameMachine: machine });
  });
});

describe("packdrift check", () => {
  it("ends with 0 when the machine is what the job says", async () => {
    const { code, out } = await packdrift([
      "check",
      "--job",
      job("x86-t4"),
      "--root",
      host("aws-g4dn-t4-cuda102"),
      "--json",
    ]);

    expect(JSON.parse(out)).toMatchObject([
      { schema: "packdrift.report/1", drift: "IN_SYNC", runnable: "RUNNABLE", thing: "aws-g4dn-t4-cuda102" },
    ]);
    expect(code).toBe(0);
  });

  it("accepts an sm_80 package on an A10G, as AWS tested it", async () => {
    const { code } = await command(["check", "--job", job("x86-a10g"), "--root", host("aws-g5-a10g-cuda112")]);

    expect(code).toBe(0);
  });

  it("ends with 1 when the machine has drifted, and explains it", async () => {
    const { code, out } = await packdrift([
      "check",
      "--job",
      job("arm64-nvidia-sm72"),
      "--root",
      host("agx-xavier-jp44"),
    ]);

    expect(code).toBe(1);
    expect(out).toContain("✗ DRIFTED: the model will not run here");
    expect(out).toContain(
      "The model needs TensorRT 8.2.1 and is linked to libnvinfer.so.8, but this machine has 7.1.3",
    );
    expect(out).toContain("JetPack 4.6.1 (L4T 32.7.1) brings TensorRT 8.2.1 and keeps CUDA 10.2");
    expect(out).not.toContain("\u001b");
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("ends with 1 when another version than the job's is deployed", async () => {
    const args = ["check", "--job", job("x86-cpu-avx2"), "--root", host("aws-t3-nogpu")];
    const same = await command([...args, "--deployed", "com.example.factory.BottleCaps=4.0.0"]);
    const other = await command([...args, "--deployed", "com.example.factory.BottleCaps=4.0.1"]);
    const unrelated = await command([...args, "--deployed", "com.example.Other=4.0.0"]);

    expect([same.code, other.code, unrelated.code]).toEqual([0, 1, 2]);
  });

  it("ends with 2 when the job is unavailable, and says why", async () => {
    const { code, out } = await packdrift([
      "check",
      "--project",
      "p",
      "--job-name",
      "j",
      "--endpoint",
      "http://127.0.0.1:9",
    ]);

    expect(code).toBe(2);
    expect(out).toContain("NOT CHECKED");
    expect(out).toContain("UNREACHABLE");
  });

  it("asks an archive without a signature, and ends, although a token exchange service never answers", async () => {
    const archive = await startSampleArchive([JSON.parse(readFileSync(job("x86-cpu-avx2"), "utf8"))]);
    const exchange = await startTokenExchange(() => "packdrift");
    exchange.mode = "silent";
    const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: exchange.uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: "t" };
    try {
      const names = ["--project", "bottle-caps", "--job-name", "bottle-caps-x86-cpu", "--endpoint", archive.endpoint];
      const { code, out } = await packdrift(["check", ...names, "--root", host("aws-t3-nogpu"), "--json"], environment);

      expect([code, JSON.parse(out)[0].drift]).toEqual([0, "IN_SYNC"]);
    } finally {
      await exchange.close();
      await archive.close();
    }
  });

  it("asks an archive over HTTP", async () => {
    const archive = await startSampleArchive([JSON.parse(readFileSync(job("x86-cpu-avx2"), "utf8"))]);
    try {
      const names = ["--project", "bottle-caps", "--job-name", "bottle-caps-x86-cpu", "--endpoint", archive.endpoint];
      const { code, out } = await packdrift(["check", ...names, "--root", host("aws-t3-nogpu"), "--json"]);

      expect(JSON.parse(out)[0]).toMatchObject({
        drift: "IN_SYNC",
        job: { source: expect.stringContaining(archive.endpoint) },
      });
      expect(code).toBe(0);
    } finally {
      await archive.close();
    }
  });

  it("does not accept another job than the one asked for", async () => {
    const answer = readFileSync(job("x86-cpu-avx2"));
    const server = createServer((_, response) => response.setHeader("content-type", "application/json").end(answer));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const names = ["--project", "some-other", "--job-name", "not-this-job", "--endpoint", endpoint];

    const { code, out } = await command(["check", ...names, "--root", host("x86-epyc-server"), "--json"]);
    server.close();

    const [{ drift, job: reported }] = JSON.parse(out);
    expect([code, drift, reported.unavailable.reason]).toEqual([2, "NOT_CHECKED", "NOT_A_JOB"]);
    expect(reported.unavailable.message).toContain('it describes job "bottle-caps-x86-cpu" of project "bottle-caps"');
  });

  it("is not led astray by a captive portal", async () => {
    const portal = createServer((_, response) => response.end("<html>Please sign in</html>"));
    await new Promise<void>((resolve) => portal.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(portal.address() as AddressInfo).port}`;

    const { code, out } = await command([
      "check",
      "--project",
      "p",
      "--job-name",
      "j",
      "--endpoint",
      endpoint,
      "--json",
    ]);

    expect([code, JSON.parse(out)[0].job.unavailable.reason]).toEqual([2, "NOT_A_JOB"]);
    portal.close();
  });

  it("returns one object for one job and a list for several, and the worst code of all", async () => {
    const { code, out } = await command([
      "check",
      "--job",
      job("x86-t4"),
      job("arm64-cpu"),
      "--root",
      host("aws-g4dn-t4-cuda102"),
      "--json",
    ]);

    expect(JSON.parse(out).map(({ drift }: { drift: string }) => drift)).toEqual(["IN_SYNC", "DRIFTED"]);
    expect(code).toBe(1);
  });

  describe("with a file that is no job", () => {
    const cases: [string, (path: string) => void, RegExp][] = [
      ["nothing there", () => {}, /there is no such file/],
      ["a folder", (path) => mkdirSync(path), /there is no saved job in the folder/],
      ["a pipe", (path) => execFileSync("mkfifo", [path]), /needs a regular file, is a pipe/],
      ["an empty file", (path) => writeFileSync(path, ""), /empty/],
      [
        "a binary file",
        (path) => writeFileSync(path, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xfe, 1])),
        /binary|UTF-8|text/,
      ],
      ["HTML", (path) => writeFileSync(path, "<html></html>"), /HTML/],
      ["a torn file", (path) => writeFileSync(path, '{"ModelPackagingDescription": {"Job'), /ends|JSON|torn|truncated/],
      ["another JSON", (path) => writeFileSync(path, '{"hello": "world"}'), /hello|member|job/],
      [
        "a file of 1 GB",
        (path) => {
          writeFileSync(path, "{");
          truncateSync(path, 2 ** 30);
        },
        /1073741824/,
      ],
    ];
    it.each(cases)("says for %s what was found and what is needed, and ends with 3", async (name, make, why) => {
      const path = join(folder, name.replace(/ /g, "-"));
      make(path);

      const { code, out, err } = await command(["check", "--job", path]);

      expect([code, out]).toEqual([3, ""]);
      expect(err).toContain(path);
      expect(err).toMatch(why);
    });
  });
});

it.each([
  [
    ["--job", "/no/such.json"],
    /^packdrift: Cannot read job from "\/no\/such.json": there is no such file \(ENOENT\)\n$/,
  ],
  [
    ["--broker", "mqtt://127.0.0.1:9"],
    /^packdrift: Cannot connect to the broker mqtt:\/\/127.0.0.1:9: .* ECONNREFUSED\n$/,
  ],
  [
    ["--broker", "http://127.0.0.1:9"],
    /^packdrift: Cannot connect to the broker http:\/\/127.0.0.1:9: needs an address such as mqtt:\/\/127.0.0.1:1883\n$/,
  ],
])("packdrift lab %j ends with 3 and one sentence", async (args, sentence) => {
  const { code, err } = await packdrift(["lab", "--once", ...args]);

  expect(err).toMatch(sentence);
  expect(code).toBe(3);
});

describe("packdrift lab", () => {
  it.each(NUCLEI)(
    "shows a match and an explained drift on the %s nucleus, then ends as check does",
    async (nucleus) => {
      const { code, out, err } = await packdrift([
        "lab",
        "--once",
        "--nucleus",
        nucleus,
        "--root",
        host("aws-t3-nogpu"),
      ]);

      expect(err).toBe("");
      expect(out).toContain("✓ IN SYNC: the model will run here");
      expect(out).toContain("✗ DRIFTED: the model will not run here");
      expect(out).toContain("The model needs an NVIDIA GPU, but this machine has none");
      expect(code).toBe(1);
    },
  );

  it("checks the job of a file against this machine", async () => {
    const { code, out } = await packdrift([
      "lab",
      "--once",
      "--json",
      "--job",
      job("x86-cpu-avx2"),
      "--root",
      host("aws-t3-nogpu"),
    ]);

    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ kind: "COMPLETE", drift: "IN_SYNC", agent: { transport: "ipc" } }]);
  });

  it("returns a verdict on a model without a saved job", async () => {
    const { code, out, err } = await packdrift(["lab", "--once", "--job", "none", "--root", host("agx-xavier-jp461")]);

    expect(err).toBe("");
    expect(out).toContain("com.example.factory.BottleCaps 1.0.0, which no saved job describes");
    expect(out).toContain("✓ IN SYNC: the model should run here, as far as its own files tell");
    expect(code).toBe(0);
  });
});
