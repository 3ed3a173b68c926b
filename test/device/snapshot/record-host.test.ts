import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { recordHost } from "../../../src/device/snapshot/record-host.js";
import { treeHost } from "../../../src/device/snapshot/tree-host.js";

import { readModel } from "../../../src/model/read-model.js";
import { PACKAGE, xavierPackage } from "../../model/packages.js";
import { fakeHost } from "../fake-host.js";

const HOSTS = join(import.meta.dirname, "../../hosts");

const MACHINES = readdirSync(HOSTS, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

describe("a recorded host", () => {
  it.each(MACHINES)("gives the same facts as the machine %s", (name) => {
    const recording = recordHost(linuxHost(join(HOSTS, name)));
    const facts = detectFacts(recording.host);

    expect(detectFacts(linuxHost(join(HOSTS, name)))).toEqual(facts);
    expect(detectFacts(treeHost(recording.tree()))).toEqual(facts);
  });

  it("gives the same answers about a model's files, which are read in slices", () => {
    const recording = recordHost(fakeHost(xavierPackage()));
    const model = readModel(recording.host, [PACKAGE]);

    expect(model.codes).toHaveLength(1);
    expect(readModel(treeHost(recording.tree()), [PACKAGE])).toEqual(model);
  });

  it("gives the same facts as the machine that runs this test", () => {
    const recording = recordHost(linuxHost());
    const facts = detectFacts(recording.host);

    expect(detectFacts(treeHost(recording.tree()))).toEqual(facts);
  });
});
