// Holds what the readers say of libraries against what NVIDIA's cuobjdump and binutils' readelf say; prints a table in Markdown.
//   CUOBJDUMP=…/cuobjdump node test/model/against-tools.mjs FILE…
// On demand, for our own material and for libraries that are not committed: libnvjpeg11 and libcurand10 of Debian, and the npm
// packages @node-llama-cpp/linux-x64-cuda and @fugood/node-whisper-linux-x64-cuda. CUDA 11.8's cuobjdump does not know code
// of ABI 8: it calls sm_90 so sm_169, or gives up.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const { CUOBJDUMP = "cuobjdump", READELF = "readelf" } = process.env;
const top = join(import.meta.dirname ?? ".", "../..");
const folder = mkdtempSync(join(tmpdir(), "packdrift-tools-"));
let differences = 0;
try {
  const { readModel, linuxHost } = await readers();
  console.log("| file | size | GPU code | cuobjdump | DT_NEEDED | GLIBC | GLIBCXX | machine | reading |");
  console.log("|---|---|---|---|---|---|---|---|---|");
  for (const file of process.argv.slice(2)) {
    const path = resolve(file);
    const from = performance.now();
    const model = readModel(linuxHost("/"), [path]);
    const milliseconds = performance.now() - from;
    const codes = sorted(model.codes.map(({ value: { kind, sm } }) => `${kind === "PTX" ? "PTX " : ""}${sm}`));
    // cuobjdump looks at sections alone.
    const isInBlob = model.codes.some(({ how }) => how !== "FATBIN");
    const judged = isInBlob ? "does not look there" : codesBy(path);
    const elf = elfBy(path);
    const cells = [
      basename(path),
      `${(statSync(path).size / 1e6).toFixed(1)} MB`,
      codes.join(", "),
      Array.isArray(judged) ? agreed(codes, judged) : judged,
      agreed(model.loads.map(({ value }) => value).sort(), elf.needed),
      agreed([model.floors.glibc?.value ?? "none"], [elf.glibc]),
      agreed([model.floors.glibcxx?.value ?? "none"], [elf.glibcxx]),
      agreed([model.arch?.value ?? "none"], [elf.machine]),
      `${milliseconds.toFixed(0)} ms${model.unread.length === 0 ? "" : `, unread: ${model.unread[0].why}`}`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(differences === 0 ? "\nNo differences." : `\n${differences} differences.`);
process.exitCode = differences === 0 ? 0 : 1;

async function readers() {
  const contents = `export { readModel } from "./src/model/read-model.js"; export { linuxHost } from "./src/device/linux-host.js";`;
  const outfile = join(folder, "readers.mjs");
  const stdin = { contents, resolveDir: top, loader: "ts" };
  await build({ stdin, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
  return import(pathToFileURL(outfile).href);
}

/** "same", or what the tool says. */
function agreed(own, tools) {
  if (JSON.stringify(own) === JSON.stringify(tools)) return "same";
  differences++;
  return `**${tools.join(", ")}**`;
}

/** What cuobjdump lists; why it lists nothing where it gives up. */
function codesBy(path) {
  const { stdout = "", stderr = "" } = spawnSync(CUOBJDUMP, ["-lelf", "-lptx", path], { encoding: "utf8" });
  const listed = [...stdout.matchAll(/^(ELF|PTX) file.*\.(sm_\d+[a-z]?)\.(?:cubin|ptx)$/gm)];
  const fatal = /cuobjdump fatal\s*: (.*)/.exec(`${stdout}${stderr}`)?.[1];
  if (fatal !== undefined) return `gives up: ${fatal}`;
  return sorted(listed.map(([, kind, sm]) => `${kind === "PTX" ? "PTX " : ""}${sm}`));
}

/** What readelf says of a library; it says nothing of a file that is none. */
function elfBy(path) {
  const run = (...options) => spawnSync(READELF, ["-W", ...options, path], { encoding: "utf8" }).stdout ?? "";
  const dynamic = run("-d");
  const versions = run("-V");
  const newest = (name) => {
    const needs = versions.slice(versions.indexOf("Version needs section"));
    const all = [...needs.matchAll(new RegExp(`Name: ${name}_(\\d[\\d.]*)\\b`, "g"))].map(([, version]) => version);
    const numbers = (version) =>
      version
        .split(".")
        .map((part) => part.padStart(6, "0"))
        .join(".");
    const last = all.sort((a, b) => (numbers(a) < numbers(b) ? -1 : 1)).at(-1) ?? "none";
    return name === "GLIBC" ? last.split(".").slice(0, 2).join(".") : last;
  };
  const machine = /Machine:\s+(.*)/.exec(run("-h"))?.[1] ?? "";
  const isLibrary = dynamic.includes("(NEEDED)") || dynamic.includes("Dynamic section");
  const names = { AArch64: "ARM64", "Advanced Micro Devices X86-64": "X86_64" };
  return {
    needed: [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name).sort(),
    glibc: newest("GLIBC"),
    glibcxx: newest("GLIBCXX"),
    machine: isLibrary ? (names[machine] ?? machine) : "none",
  };
}

function sorted(codes) {
  return [...new Set(codes)].sort();
}
