import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readInputs } from "../../src/commands/shared/inputs.js";
import type { DeviceFacts, Reading } from "../../src/device/facts.js";
import { summarize } from "../../src/device/summary.js";
import { preflight } from "../../src/drift/preflight.js";
import { renderPreflight } from "../../src/report/preflight/preflight-text.js";
import { command, packdrift } from "./cli.js";

const TOP = join(import.meta.dirname, "../..");
const GOLDEN = join(import.meta.dirname, "golden");
const lab = (name: string) => join(TOP, "src/lab/jobs", `${name}.json`);
const own = (name: string) => join(import.meta.dirname, "jobs", `${name}.json`);
const host = (name: string) => join(TOP, "test/hosts", name);
const HOSTS = readdirSync(join(TOP, "test/hosts"))
  .filter((name) => name !== "SOURCES.md")
  .sort();
const STYLE = { colour: false, width: 100 };
const NOW = "2026-11-23T18:00:00.000Z";

/** One pair for every way in which a machine can fail a model, and some that look alike and run. */
const PAIRS: readonly (readonly [title: string, job: string, host: string, over?: Partial<DeviceFacts>])[] = [
  ["TensorRT of another major", lab("arm64-nvidia-sm72"), "agx-xavier-jp45"],
  ["TensorRT of another major, the other way round", own("arm64-trt7"), "agx-xavier-jp461"],
  ["TensorRT of another minor", lab("arm64-nvidia-sm72"), "agx-xavier-jp46"],
  ["GPU code of another major", lab("x86-a10g"), "aws-g4dn-t4-cuda102"],
  ["GPU code of a higher minor", lab("x86-t4"), "aws-p3-v100-cuda100"],
  ["GPU code of a lower minor, which runs", lab("x86-a10g"), "aws-g5-a10g-cuda112"],
  ["a Jetson's GPU code on another ARM machine", lab("arm64-nvidia-sm72"), "dgx-spark-gb10"],
  ["CUDA 10 of another minor", lab("xavier-plain"), "agx-xavier-jp43"],
  ["CUDA 11 of another minor", own("x86-cuda114"), "aws-g5-a10g-cuda112"],
  ["CUDA of another major", lab("xavier-plain"), "agx-xavier-jp511"],
  ["a driver that is too old", lab("x86-t4"), "aws-g4dn-t4-cuda102", { driver: driver("418.56") }],
  ["a driver, CUDA and TensorRT that are all too old", own("x86-v100"), "aws-p3-v100-cuda100"],
  ["another architecture", lab("x86-t4"), "agx-xavier-jp461"],
  ["a 32-bit userland on a 64-bit kernel", lab("arm64-cpu"), "rpi5-bookworm", { arch: none(), userland: userland(32) }],
  ["a processor without AVX2", lab("x86-cpu-avx2"), "x86-laptop-no-avx"],
  ["a virtual machine that hides what its processor can", lab("x86-cpu-avx2"), "vm-virtualbox"],
  ["no NVIDIA GPU", lab("x86-t4"), "aws-t3-nogpu"],
  ["another Jetson's chip", lab("xavier-plain"), "agx-orin-64gb-jp512"],
  ["the same chip on another board", lab("xavier-plain"), "xavier-nx-jp451"],
  ["a user who may not open the GPU", lab("xavier-plain"), "agx-xavier-jp461", { access: denied() }],
  ["a container that hides its board", lab("xavier-plain"), "agx-xavier-container-r3244"],
  ["a job that failed", lab("failed"), "agx-xavier-jp461"],
];

const FAILING = { failed: expect.fail, skipped: expect.fail };

describe("packdrift preflight", () => {
  it("explains a pair of every kind of mismatch", async () => {
    const texts = await Promise.all(
      PAIRS.map(async ([title, job, name, over]) => {
        const { jobs, machines } = await readInputs([job], [host(name)], FAILING, expect.fail);
        const changed = machines.map((machine) => ({ ...machine, facts: { ...machine.facts, ...over } }));
        const text = renderPreflight(jobs, changed, preflight(jobs, changed, NOW), STYLE);
        return `### ${title}\n\n${text}`;
      }),
    );
    await expect(texts.join("\n\n")).toMatchFileSnapshot(join(GOLDEN, "preflight-pairs.txt"));
  });

  it("shows all jobs on all machines in 100 columns", async () => {
    const files = readdirSync(join(TOP, "src/lab/jobs")).map((name) => join(TOP, "src/lab/jobs", name));
    const { code, out, err } = await packdrift(["preflight", "--job", ...files, "--facts", ...HOSTS.map(host)]);
    expect({ code, err, wide: out.split("\n").filter((line) => [...line].length > 100) }).toEqual({
      code: 1,
      err: "",
      wide: [],
    });
    await expect(out).toMatchFileSnapshot(join(GOLDEN, "preflight-fleet.txt"));
  });

  it("turns the table where only that fits, and shows words where it does", async () => {
    const wide = await command(["preflight", "--job", lab("x86-t4"), lab("x86-a10g"), "--facts", host("aws-t3-nogpu")]);
    expect(wide.out.split("\n").slice(2, 5)).toEqual([
      "                      aws-t3-nogpu",
      "surface-scratch-t4    ✗ will not run",
      "surface-scratch-a10g  ✗ will not run",
    ]);
    const xaviers = ["agx-xavier-jp43", "agx-xavier-jp44", "agx-xavier-jp45", "agx-xavier-jp46", "xavier-nx-jp451"];
    const tall = await command([
      "preflight",
      ...["--job", lab("xavier-plain"), lab("arm64-cpu"), "--facts", ...xaviers.map(host)],
    ]);
    expect(tall.out.split("\n").slice(0, 8)).toEqual([
      "2 jobs on 5 machines: 7 run, 2 run untested, 1 will not run",
      "",
      "                 weld-seams-xavier  label-print-arm64-cpu",
      "agx-xavier-jp43  ✗ will not run     ✓ runs",
      "agx-xavier-jp44  ✓ runs             ✓ runs",
      "agx-xavier-jp45  ✓ runs             ✓ runs",
      "agx-xavier-jp46  ! runs untested    ✓ runs",
      "xavier-nx-jp451  ! runs untested    ✓ runs",
    ]);
  });
});

describe("packdrift preflight's machines and exit codes", () => {
  let folder: string;
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const factsOf = async (name: string) => {
    const { machines } = await readInputs([], [host(name)], FAILING, expect.fail);
    return summarize((machines[0] as { facts: DeviceFacts }).facts);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-preflight-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ["every job runs", "x86-t4", ["aws-g4dn-t4-cuda102"], 0],
    ["one runs untested", "xavier-plain", ["xavier-nx-jp451"], 0],
    ["one will not run", "xavier-plain", ["agx-xavier-jp44", "agx-orin-64gb-jp512"], 1],
    ["one could not be told", "xavier-plain", ["agx-xavier-jp44", "agx-xavier-container-r3244"], 2],
    ["one will not run and one could not be told", "xavier-plain", ["nano-jp46", "agx-xavier-container-r3244"], 1],
  ])("ends as promised when %s", async (_, job, hosts, code) => {
    const ended = await command(["preflight", "--job", lab(job), "--facts", ...hosts.map(host), "--json"]);
    expect(ended).toMatchObject({ code, err: "" });
  });

  it("writes machines that answer alike once, each with where its facts came from", async () => {
    const again = join(folder, "nano-jp46");
    cpSync(host("nano-jp46"), again, { recursive: true });
    const hosts = [host("nano-jp46"), host("aws-t3-nogpu"), again];
    const { out } = await command(["preflight", "--job", lab("xavier-plain"), "--facts", ...hosts, "--json"]);

    const { schema, results } = JSON.parse(out) as { schema: string; results: { machines: { factsFrom: string }[] }[] };

    expect(schema).toBe("packdrift.preflight/2");
    expect(results.map(({ machines }) => machines.map(({ factsFrom }) => factsFrom))).toEqual([
      [hosts[0], hosts[2]],
      [hosts[1]],
    ]);
  });

  it("reads a fact file as it reads the machine itself", async () => {
    const facts = file("line-4.json", JSON.stringify(await factsOf("agx-xavier-jp46"), null, 1));
    const [root, saved] = await Promise.all(
      [host("agx-xavier-jp46"), facts].map(async (place) => {
        const { out } = await command([
          "preflight",
          "--job",
          lab("xavier-plain"),
          "--facts",
          place,
          "--json",
          "--full",
        ]);
        return JSON.parse(out) as { results: object[] };
      }),
    );
    expect(saved?.results).toEqual(root?.results.map((result) => ({ ...result, machine: "line-4", factsFrom: facts })));
    expect(saved?.results).toMatchObject([{ job: "weld-seams-xavier", runnable: "RUNNABLE_UNTESTED" }]);
  });

  it("reads several machines from one file, as a list, line by line or one after the other", async () => {
    const facts = [await factsOf("agx-xavier-jp44"), { ...(await factsOf("aws-t3-nogpu")), thing: "line-9" }];
    const files = [
      file("list.json", JSON.stringify(facts)),
      file("lines.jsonl", facts.map((one) => JSON.stringify(one)).join("\n")),
      file("printed.json", facts.map((one) => `${JSON.stringify(one, null, 1)}\n`).join("")),
    ];
    const { out } = await command(["preflight", "--job", lab("xavier-plain"), "--facts", ...files, "--json", "--full"]);
    const { results } = JSON.parse(out) as { results: { machine: string; runnable: string }[] };
    expect(results.map(({ machine, runnable }) => `${machine.replace(`${folder}/`, "")}: ${runnable}`)).toEqual([
      "list#1: RUNNABLE",
      "line-9 (list.json): WILL_NOT_RUN",
      "lines#1: RUNNABLE",
      "line-9 (lines.jsonl): WILL_NOT_RUN",
      "printed#1: RUNNABLE",
      "line-9 (printed.json): WILL_NOT_RUN",
    ]);
  });

  it("names every file that it cannot read, shows the rest, and ends with 3", async () => {
    const cut = file("cut.json", '{"schema": "packdrift.facts/1", "readings": {');
    const later = file("later.json", '{"schema": "packdrift.facts/2"}');
    const html = file("job.json", "<html></html>");
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const places = [host("aws-t3-nogpu"), cut, later, join(folder, "none.json"), "/dev/zero", empty];
    const { code, out, err } = await command(["preflight", "--job", lab("x86-t4"), html, "--facts", ...places]);
    expect({ code, out, err: err.replaceAll(folder, "DIR").split("\n") }).toEqual({
      code: 3,
      out: expect.stringMatching(/^1 job on 1 machine: 1 will not run\n/),
      err: [
        'packdrift: Cannot read job from "DIR/job.json": is an HTML page, not JSON',
        'packdrift: Cannot read "DIR/empty": there is no facts file in the folder',
        'packdrift: Cannot read facts from "DIR/cut.json": it is not valid JSON',
        'packdrift: Cannot read facts from "DIR/later.json": "schema" must be "packdrift.facts/1", is "packdrift.facts/2"',
        'packdrift: Cannot read facts from "DIR/none.json": there is no such file',
        'packdrift: Cannot read facts from "/dev/zero": is a character device, not a file',
        "",
      ],
    });
  });

  it.each([
    [["--facts", host("aws-t3-nogpu")], "preflight needs --job FILE"],
    [["--job", lab("x86-t4")], "preflight needs --facts FILE_OR_ROOT"],
    [["stray"], 'Unexpected argument "stray"'],
    [["--job", lab("x86-t4"), "--facts", host("aws-t3-nogpu"), "--format", "yaml"], 'Cannot use --format "yaml"'],
  ])("ends with 3 on wrong use: %j", async (args, message) => {
    const { code, out, err } = await command(["preflight", ...args]);
    expect({ code, out, err }).toEqual({ code: 3, out: "", err: expect.stringContaining(message) });
  });

  it("distinguishes two machines of one name, and two jobs", async () => {
    const job = readFileSync(lab("x86-t4"), "utf8");
    const jobs = [file("a.json", job), file("b.json", job.replace(/"ProjectName": "[^"]+"/, '"ProjectName": "other"'))];
    const again = join(folder, "again/aws-t3-nogpu");
    cpSync(host("aws-t3-nogpu"), again, { recursive: true });
    const { out } = await command([
      "preflight",
      ...["--job", ...jobs, "--facts", host("aws-t3-nogpu"), again, "--json", "--full"],
    ]);
    const { results } = JSON.parse(out) as { results: { job: string; machine: string }[] };
    expect(
      results.map(({ job, machine }) => `${job} on ${machine.replaceAll(TOP, "TOP").replaceAll(folder, "DIR")}`),
    ).toEqual([
      "surface-scratch/surface-scratch-t4 on aws-t3-nogpu (TOP/test/hosts/aws-t3-nogpu)",
      "surface-scratch/surface-scratch-t4 on aws-t3-nogpu (DIR/again/aws-t3-nogpu)",
      "other/surface-scratch-t4 on aws-t3-nogpu (TOP/test/hosts/aws-t3-nogpu)",
      "other/surface-scratch-t4 on aws-t3-nogpu (DIR/again/aws-t3-nogpu)",
    ]);
  });

  it("refuses to make more than 20,000 reports for a format of reports, and says what prints them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-machines-"));
    const machines = join(folder, "machines.jsonl");
    writeFileSync(machines, '{"os":"linux"}\n'.repeat(20_001));

    const { code, err } = await packdrift([
      "preflight",
      "--job",
      lab("x86-t4"),
      "--facts",
      machines,
      "--format",
      "tap",
    ]);
    rmSync(folder, { recursive: true });

    expect([code, err]).toEqual([
      3,
      expect.stringContaining(
        "Cannot print 20001 pairs of a job and a machine as tap: at most 20000. --format json prints them all",
      ),
    ]);
  });
});

function none(): Reading<never> {
  return { state: "absent", from: "/bin/sh" };
}

function userland(bits: 32 | 64): DeviceFacts["userland"] {
  return { state: "known", value: { bits, machine: "arm" }, from: "/bin/sh", confidence: "FIRM" };
}

function driver(value: string): DeviceFacts["driver"] {
  return { state: "known", value, from: "/proc/driver/nvidia/version", confidence: "FIRM" };
}

function denied(): DeviceFacts["access"] {
  const value = [{ path: "/dev/nvhost-gpu", allowed: false, why: "permission denied" }];
  return { state: "known", value, from: "/dev", confidence: "FIRM" };
}
