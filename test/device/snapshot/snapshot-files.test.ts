import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../src/base/errors.js";
import { detectFacts } from "../../../src/device/detect.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { recordHost } from "../../../src/device/snapshot/record-host.js";
import { redact } from "../../../src/device/snapshot/redact.js";
import { snapshotFiles, treeOf } from "../../../src/device/snapshot/snapshot-files.js";
import { treeHost } from "../../../src/device/snapshot/tree-host.js";
import { decodeTar, encodeTar } from "../../../src/platform/tar.js";
import { fakeHost, treeFrom } from "../fake-host.js";
import { describeHost } from "../host-suite.js";

const HOSTS = join(import.meta.dirname, "../../hosts");
const MACHINES = readdirSync(HOSTS, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const NOBODY = { users: [], hosts: [] };

describeHost("a tree in memory", (tree) => treeHost(treeFrom(tree)));

describe("a snapshot", () => {
  it.each(MACHINES)("of %s has the machine's facts after it is redacted, packed and unpacked", (name) => {
    const recording = recordHost(linuxHost(join(HOSTS, name)));
    const facts = detectFacts(recording.host);

    const files = snapshotFiles(redact(recording.tree(), NOBODY).tree, "1.2.3");
    const tree = treeOf(decodeTar(encodeTar(files)));

    expect(detectFacts(treeHost(tree))).toEqual(facts);
  });

  it("is the same bytes each time", () => {
    const make = () => {
      const recording = recordHost(linuxHost(join(HOSTS, MACHINES[0] ?? "")));
      detectFacts(recording.host);
      return Buffer.from(encodeTar(snapshotFiles(recording.tree(), "1.2.3"))).toString("hex");
    };

    expect(make()).toBe(make());
  });

  it("contains part of a large file, and says so when more is read", () => {
    const recording = recordHost(treeHost(treeFrom({ "/lib/big.so": "\x7fELF".padEnd(5000, "x") })));
    recording.host.head("/lib/big.so", 64);

    const host = treeHost(treeOf(snapshotFiles(recording.tree(), "1.2.3")));

    expect(host.head("/lib/big.so", 64)).toEqual({ state: "found", value: "\x7fELF".padEnd(64, "x") });
    expect(host.text("/lib/big.so")).toEqual({
      state: "unreadable",
      why: "this part of the file is not in the snapshot",
    });
  });

  it("says why a file could not be read, as the machine did", () => {
    const recording = recordHost(fakeHost({ "/etc/os-release": { unreadable: "permission denied" } }));
    recording.host.text("/etc/os-release");

    const host = treeHost(treeOf(snapshotFiles(recording.tree(), "1.2.3")));

    expect(host.text("/etc/os-release")).toEqual({ state: "unreadable", why: "permission denied" });
  });

  it("reads an archive of a machine's files that has no notes", () => {
    const host = treeHost(
      treeOf([
        {
          kind: "file",
          path: "UNAME.json",
          content: Buffer.from('{"sysname":"Linux","release":"5.4","machine":"x86_64"}'),
        },
        { kind: "file", path: "etc/os-release", content: Buffer.from("ID=ubuntu\n") },
      ]),
    );

    expect(host.text("/etc/os-release")).toEqual({ state: "found", value: "ID=ubuntu\n" });
    expect(host.uname()).toMatchObject({ state: "found", value: { machine: "x86_64" } });
  });

  it("refuses millions of folders in few bytes", () => {
    const deep = (at: number) => ({ kind: "folder", path: `${at}${"/a".repeat(2_000)}` }) as const;

    expect(() => treeOf(Array.from({ length: 1_000 }, (_, at) => deep(at)))).toThrow(
      new InvalidInputError("its paths have more than 2000000 parts together"),
    );
  });

  it("leaves out members that lead outside", () => {
    const host = treeHost(treeOf([{ kind: "file", path: "../etc/passwd", content: Buffer.from("root") }]));

    expect(host.text("/etc/passwd")).toEqual({ state: "absent" });
  });

  it("reads the notes of a snapshot that is older than what it records of environments", () => {
    const old = {
      schema: "packdrift.snapshot/1",
      packdrift: "0.1.0",
      uname: null,
      whole: [],
      parts: {},
      nodes: {},
      unreadable: {},
      denied: {},
      freeBytes: { "/": 5 },
    };
    const read = treeOf([{ kind: "file", path: "SNAPSHOT.json", content: Buffer.from(JSON.stringify(old)) }]);
    expect([read.answers.freeBytes.get("/"), read.answers.environment.size]).toEqual([5, 0]);
  });

  it("refuses notes that it cannot use", () => {
    const notes = (text: string) => () => treeOf([{ kind: "file", path: "SNAPSHOT.json", content: Buffer.from(text) }]);

    expect(notes("{")).toThrow(InvalidInputError);
    expect(notes('{"schema":"packdrift.snapshot/9"}')).toThrow("Cannot read SNAPSHOT.json of the snapshot");
  });
});
