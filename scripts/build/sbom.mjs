// sbom.cdx.json: a software bill of materials in CycloneDX 1.6, the same bytes for the same contents.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LINKED } from "./contents.mjs";
import { TOP, VERSION } from "./paths.mjs";

/** The bill of materials of packdrift with these packages inside; `files` are further parts: `{ name, sha256 }`. */
export function billOfMaterials(packages, files) {
  // The bundles hold what they need, so that nothing is installed with the package: all of it is there for the build.
  const direct = Object.keys(JSON.parse(readFileSync(join(TOP, "package.json"), "utf8")).devDependencies);
  const inside = new Map(packages.map((each) => [each.place, purlOf(each)]));
  const components = [...new Map(packages.map((each) => [purlOf(each), each])).values()];
  const refs = (names) => [...new Set(names.filter((name) => inside.has(name)).map((name) => inside.get(name)))];
  const root = `pkg:npm/packdrift@${VERSION}`;
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": root,
        name: "packdrift",
        version: VERSION,
        purl: root,
        licenses: [{ license: { id: "Apache-2.0" } }],
        components: files.map(({ name, sha256 }) => ({
          type: "file",
          "bom-ref": `file:${name}`,
          name,
          hashes: [{ alg: "SHA-256", content: sha256 }],
        })),
      },
    },
    components: components.map(componentOf),
    dependencies: [
      { ref: root, dependsOn: refs(direct) },
      ...components.map((each) => ({ ref: purlOf(each), dependsOn: refs(each.dependencies) })),
    ],
  };
  return `${JSON.stringify({ ...bill, serialNumber: serialOf(bill) }, null, 2)}\n`;
}

function componentOf(each) {
  const [group, name] = each.name.startsWith("@") ? each.name.split("/") : [undefined, each.name];
  return {
    type: "library",
    "bom-ref": purlOf(each),
    ...(group && { group }),
    name,
    version: each.version,
    purl: purlOf(each),
    licenses: [{ license: { id: each.license } }],
    ...(each.integrity && { hashes: [hashOf(each.integrity)] }),
    ...(each.name in LINKED && {
      components: LINKED[each.name].map((library) => ({
        type: "library",
        "bom-ref": `${purlOf(each)}#${library}`,
        name: library,
        description: "Linked into the native part; the package does not tell its version.",
      })),
    }),
  };
}

/** A package's URL: https://github.com/package-url/purl-spec */
const purlOf = ({ name, version }) => `pkg:npm/${name.replace("@", "%40")}@${version}`;

/** npm's digest of the package, as CycloneDX spells it. */
function hashOf(integrity) {
  const [algorithm, base64] = integrity.split("-");
  return { alg: algorithm.replace("sha", "SHA-"), content: Buffer.from(base64, "base64").toString("hex") };
}

/** A serial number derived from the contents, so that two builds of one commit produce the same file. */
function serialOf(bill) {
  const hex = createHash("sha256").update(JSON.stringify(bill)).digest("hex");
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
