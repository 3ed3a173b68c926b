import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { describePackage, packagesIn } from "../scripts/build/contents.mjs";
import { ARTIFACTS, TOP, VERSION } from "./flows/flow-parts.js";

interface Component {
  readonly type: string;
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly purl: string;
  readonly "bom-ref": string;
  readonly licenses: readonly { readonly license: { readonly id: string } }[];
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
  readonly components?: readonly { readonly name: string }[];
}
const billIn = (folder: string) => JSON.parse(readFileSync(join(folder, "sbom.cdx.json"), "utf8"));
const nameOf = ({ group, name }: Component) => (group === undefined ? name : `${group}/${name}`);

describe.each([
  ["the artifact folder", ARTIFACTS, ["aws-crt", "@aws-sdk/client-lookoutvision", "@grpc/grpc-js", "pino"]],
  [
    "the npm package",
    join(TOP, "dist"),
    ["aws-crt", "yaml", "node-cron", "pg", "mqtt", "aedes", "@photostructure/sqlite"],
  ],
])("the release files in %s", (_, folder, some) => {
  const bill = billIn(folder);
  const components: readonly Component[] = bill.components;

  it("lists the checksum of every file but SHA256SUMS itself", () => {
    const output = execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: folder, encoding: "utf8" });
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());

    expect(output.trim().split("\n").sort()).toEqual(
      files
        .filter(({ name }) => name !== "SHA256SUMS")
        .map(({ name }) => `${name}: OK`)
        .sort(),
    );
  });

  it("lists every package inside with version, licence, place of origin and digest", () => {
    const lock = JSON.parse(readFileSync(join(TOP, "package-lock.json"), "utf8")).packages;

    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(bill.metadata.component).toMatchObject({ name: "packdrift", version: VERSION });
    expect(components.map(nameOf)).toEqual(expect.arrayContaining(some));
    for (const component of components) {
      const { version } = component;
      const copies = Object.keys(lock).filter((place) => place.endsWith(`node_modules/${nameOf(component)}`));
      const { integrity } = copies.map((place) => lock[place]).find((copy) => copy.version === version);
      const digest = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
      expect(component.purl).toBe(`pkg:npm/${nameOf(component).replace("@", "%40")}@${version}`);
      expect(component.hashes).toEqual([{ alg: "SHA-512", content: digest }]);
    }
  });

  it("names what depends on what by references that are there, each once", () => {
    const root = bill.metadata.component["bom-ref"];
    const refs = [root, ...components.map((component) => component["bom-ref"])];

    expect(new Set(refs).size).toBe(refs.length);
    expect(bill.dependencies.map(({ ref }: { ref: string }) => ref)).toEqual(refs);
    for (const { dependsOn } of bill.dependencies) expect(refs).toEqual(expect.arrayContaining(dependsOn));
  });

  it("has a licence for each of them, and the notice of aws-crt", () => {
    const notices = readFileSync(join(folder, "THIRD-PARTY-NOTICES.txt"), "utf8");

    for (const component of components)
      expect(notices).toContain(`${nameOf(component)} ${component.version} (${component.licenses[0]?.license.id})`);
    expect(notices).toContain(readFileSync(join(TOP, "node_modules/aws-crt/NOTICE"), "utf8").trim());
    expect(notices.match(/TERMS AND CONDITIONS FOR USE, REPRODUCTION/g)).toHaveLength(1);
    expect(readFileSync(join(folder, "LICENSE"), "utf8")).toBe(readFileSync(join(TOP, "LICENSE"), "utf8"));
  });
});

describe("the libraries in aws-crt's native part", () => {
  it("are those whose names it holds", () => {
    const native = readFileSync(join(ARTIFACTS, "aws-crt-x64.node"), "latin1");
    const held = new Set(native.match(/\baws-(?:lc|c-[a-z-]+[a-z])(?=\/)/g));
    const crt = billIn(ARTIFACTS).components.find(({ name }: Component) => name === "aws-crt");
    const named = crt.components.map(({ name }: Component) => name);

    expect(named).toEqual(expect.arrayContaining([...held]));
  });
});

describe("packagesIn", () => {
  it("names each package once whose code is in an output, by where it is installed, and no other", () => {
    const inputs = {
      "node_modules/a/index.js": { bytesInOutput: 1 },
      "node_modules/a/more.js": { bytesInOutput: 2 },
      "../x/node_modules/@b/c/d.js": { bytesInOutput: 3 },
      "node_modules/@b/c/node_modules/a/lib/node_modules.js": { bytesInOutput: 1 },
      "node_modules/shaken/off.js": { bytesInOutput: 0 },
      "src/own.ts": { bytesInOutput: 4 },
    };

    expect(packagesIn([{ outputs: { "out.mjs": { inputs } } }])).toEqual(["@b/c", "@b/c/node_modules/a", "a"]);
  });
});

describe("describePackage", () => {
  const described = (manifest: object, files: Readonly<Record<string, string>> = { LICENSE: "Do as you like." }) => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-release-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ version: "1.0.0", ...manifest }));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return describePackage("a", { packages: { "node_modules/a": { version: "1.0.0" } } }, folder);
  };

  it("refuses a licence that has not been accepted", () => {
    expect(() => described({ license: "GPL-3.0" })).toThrow(/^Cannot distribute a: .+ its licence is GPL-3\.0$/);
    expect(() => described({})).toThrow("its licence is undefined");
  });

  it("refuses a package without a licence text, except for Apache's, which is the same for all", () => {
    expect(() => described({ license: "MIT" }, {})).toThrow("Cannot distribute a: it has no licence text");
    expect(described({ license: "Apache-2.0" }, {})).toMatchObject({ text: null });
  });

  it("uses the licence section of a README, and only its last section", () => {
    const readme = "# a\n\nlicence to play\n\n## License\n\nCopyright (c) 2013 B\n\nPermission is hereby granted.\n";

    expect(described({ license: "MIT" }, { "README.md": readme })).toMatchObject({
      text: "Copyright (c) 2013 B\n\nPermission is hereby granted.",
    });
    expect(() => described({ license: "MIT" }, { "README.md": "# a\n\n## License\n\nMIT\n" })).toThrow(
      "it has no licence text",
    );
  });

  it("finds what a package depends on where Node finds it", () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-release-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ version: "1.0.0", license: "Apache-2.0" }));
    const dependencies = { b: "1", c: "1", d: "1" };
    const packages = {
      "node_modules/x/node_modules/a": { version: "1.0.0", dependencies },
      "node_modules/x/node_modules/a/node_modules/b": { version: "2.0.0" },
      "node_modules/x/node_modules/c": { version: "2.0.0" },
      "node_modules/b": { version: "1.0.0" },
    };

    expect(describePackage("x/node_modules/a", { packages }, folder)).toMatchObject({
      name: "a",
      dependencies: ["x/node_modules/a/node_modules/b", "x/node_modules/c", "d"],
    });
  });

  it("refuses another version than the lock file's", () => {
    expect(() => described({ license: "MIT", version: "1.0.1" })).toThrow(
      "Cannot describe a: expected 1.0.0 by the lock file, found 1.0.1",
    );
  });
});
