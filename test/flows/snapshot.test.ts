import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, packdrift } from "./cli.js";

const TOP = join(import.meta.dirname, "../..");
const host = (name: string) => join(TOP, "test/hosts", name);
const job = join(TOP, "src/lab/jobs/xavier-plain.json");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-snapshot-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("packdrift snapshot", () => {
  it("has the same answers to facts, check and preflight as the machine", async () => {
    const file = join(folder, "agx-xavier-jp46.tgz");

    const { code, out, err } = await command(["snapshot", "--root", host("agx-xavier-jp46"), "-o", file]);
    const [facts, same] = await Promise.all(
      [host("agx-xavier-jp46"), file].map((root) => command(["facts", "--root", root, "--json"])),
    );
    const [check, checked] = await Promise.all(
      [host("agx-xavier-jp46"), file].map((root) => command(["check", "--job", job, "--root", root, "--json"])),
    );
    const preflight = await command(["preflight", "--job", job, "--facts", file, host("agx-xavier-jp44"), "--json"]);

    expect({ code, err, first: out.split("\n")[0] }).toEqual({
      code: 0,
      err: "",
      first: expect.stringMatching(/^Wrote .*agx-xavier-jp46\.tgz \(\d+ kB\)\.$/),
    });
    expect(JSON.parse(same?.out ?? "")).toEqual(JSON.parse(facts?.out ?? ""));
    const timeless = (text = "") => text.replace(/"checkedAt": ?"[^"]+"/g, "");
    expect(timeless(checked?.out)).toBe(timeless(check?.out));
    expect(preflight.code).toBe(0);
    expect(preflight.out).toContain('"name":"agx-xavier-jp46"');
  });

  it("of this machine is small, reads back the same, and lists what was taken", async () => {
    const file = join(folder, "here.tgz");

    const taken = await packdrift(["snapshot", "-o", file, "--json"]);
    const [facts, same] = await Promise.all([
      command(["facts", "--json"]),
      command(["facts", "--json", "--root", file]),
    ]);

    const { sizeBytes, whole } = JSON.parse(taken.out) as { sizeBytes: number; whole: string[] };
    expect(sizeBytes).toBeLessThan(500_000);
    expect(whole).toContain("/proc/cpuinfo");
    const steady = (text: string) => ({ ...JSON.parse(text), readings: null });
    expect(steady(same.out)).toEqual(steady(facts.out));
  });

  it("holds nothing personal of the machine", async () => {
    const root = join(folder, "box");
    const put = (path: string, text: string) => {
      mkdirSync(join(root, path, ".."), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    put("UNAME.json", '{"sysname":"Linux","release":"5.4.0","machine":"x86_64"}');
    put("etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000:Alice Example:/home/alice:/bin/bash\n");
    put("etc/hostname", "press-seven\n");
    put("etc/os-release", 'ID=ubuntu\nVERSION_ID="18.04"\nBUG_REPORT_URL="mailto:bob@plant.example"\n');
    put("proc/cpuinfo", "processor\t: 0\nmodel name\t: X\nflags\t\t: avx2\nSerial\t\t: 1420921055981\n");
    put("proc/self/mountinfo", "1 0 0:1 / / rw - nfs4 press-seven:/srv rw,addr=10.11.12.13\n");
    put(
      "var/lib/dpkg/status",
      "Package: libnvinfer7\nStatus: install ok installed\nMaintainer: bob@plant.example\nArchitecture: amd64\nVersion: 7.1.3-1+cuda11.0\n\n",
    );
    put("home/alice/lib/libcudart.so.10.2.89", "");
    mkdirSync(join(root, "usr/local"), { recursive: true });
    symlinkSync("/home/alice", join(root, "usr/local/cuda"));
    const file = join(folder, "box.tgz");

    const { out } = await command(["snapshot", "--root", root, "-o", file]);

    const unpacked = execFileSync("sh", ["-c", 'gzip -dc "$1"', "sh", file], { encoding: "latin1" });
    const secrets = ["alice", "Alice", "press-seven", "bob", "1420921055981", "10.11.12.13"];
    expect(secrets.filter((secret) => unpacked.includes(secret) || out.includes(secret))).toEqual([]);
    expect(unpacked).toContain("libnvinfer7");
    expect(out).toContain("Replaced: ");
  });

  it("says what is wrong with a file that is not a snapshot, or cannot be written", async () => {
    const file = join(folder, "no.tgz");
    writeFileSync(file, readFileSync(job));

    expect(await command(["facts", "--root", file])).toEqual({
      code: 3,
      out: "",
      err: expect.stringContaining(`Cannot read the machine in "${file}"`),
    });
    expect(await command(["snapshot", "-o", join(folder, "none/x.tgz")])).toMatchObject({
      code: 3,
      err: expect.stringContaining("Cannot write the snapshot to"),
    });
  });
});
