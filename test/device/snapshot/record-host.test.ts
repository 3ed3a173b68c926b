import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { recordHost } from "../../../src/device/snapshot/record-host.js";
import { snapshotFiles, treeOf } from "../../../src/device/snapshot/snapshot-files.js";
import { treeHost } from "../../../src/device/snapshot/tree-host.js";

import { readModel } from "../../../src/model/read-model.js";
import { PACKAGE, xavierPackage } from "../../model/packages.js";
import { fakeHost } from "../fake-host.js";

const HOSTS = join(import.meta.dirname, "../../hosts");

const MACHINES = readdirSync(HOSTS, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

describe("a recorded host", () => {
  it.each(MACHINES)("returns the same facts as the machine %s", (name) => {
    const recording = recordHost(linuxHost(join(HOSTS, name)));
    const facts = detectFacts(recording.host);

    expect(detectFacts(linuxHost(join(HOSTS, name)))).toEqual(facts);
    expect(detectFacts(treeHost(recording.tree()))).toEqual(facts);
  });

  it.each([
    { state: "found", value: "/opt/tensorrt/lib" },
    { state: "unreadable", why: "permission denied" },
    { state: "absent" },
  ] as const)("returns the same answer about a variable of a component's processes: $state", (answer) => {
    const recording = recordHost({ ...fakeHost({}), environment: () => answer });
    recording.host.environment("com.example.A", "LD_LIBRARY_PATH");
    const host = treeHost(treeOf(snapshotFiles(recording.tree(), "1.0.0")));

    expect(host.environment("com.example.A", "LD_LIBRARY_PATH")).toEqual(answer);
    expect(host.environment("com.example.B", "LD_LIBRARY_PATH")).toEqual({ state: "absent" });
  });

  it("returns the same answers about a model's files, which are read in slices", () => {
    const recording = recordHost(fakeHost(xavierPackage()));
    const model = readModel(recording.host, [PACKAGE]);

    expect(model.codes).toHaveLength(1);
    expect(readModel(treeHost(recording.tree()), [PACKAGE])).toEqual(model);
  });

  it("returns the same facts as the machine that runs this test", () => {
    const recording = recordHost(linuxHost());
    const facts = detectFacts(recording.host);

    expect(detectFacts(treeHost(recording.tree()))).toEqual(facts);
  });
});
