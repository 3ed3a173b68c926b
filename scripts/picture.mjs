// Writes the pictures of the README: what commands print, as SVG. Run by `npm run docs`.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundled } from "../test/bundled.mjs";
import { VERSION } from "./build/paths.mjs";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const COLOURS = { 31: "#f85149", 32: "#3fb950", 33: "#d29922", 34: "#58a6ff", 36: "#39c5cf", 2: "#8b949e" };

const ESCAPE = String.fromCharCode(27);
const COLOUR = new RegExp(`(${ESCAPE}\\[\\d+m)`);
const CODE = new RegExp(`^${ESCAPE}\\[(\\d+)m$`);

/** Text with the terminal's colours as an SVG picture of a window. */
function picture(command, text) {
  const lines = [`$ ${command}`, "", ...text.trimEnd().split("\n")];
  const rows = lines.map((line, at) => {
    const spans = [];
    let style = "";
    for (const part of line.split(COLOUR)) {
      const code = CODE.exec(part)?.[1];
      if (code === undefined) spans.push(part === "" ? "" : `<tspan${style}>${escapeXml(part)}</tspan>`);
      else if (code === "0") style = "";
      else style = code === "1" ? ' font-weight="bold" fill="#f0f6fc"' : ` fill="${COLOURS[code] ?? "#c9d1d9"}"`;
    }
    return `<text x="18" y="${52 + at * 19}" xml:space="preserve">${spans.join("")}</text>`;
  });
  const height = 66 + lines.length * 19;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="880" height="${height}" viewBox="0 0 880 ${height}" role="img">
<title>${escapeXml(command)}</title>
<rect width="880" height="${height}" rx="8" fill="#0d1117"/>
<g><circle cx="20" cy="18" r="6" fill="#ff5f56"/><circle cx="40" cy="18" r="6" fill="#ffbd2e"/><circle cx="60" cy="18" r="6" fill="#27c93f"/></g>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="#c9d1d9">
${rows.join("\n")}
</g>
</svg>
`;
}

function escapeXml(text) {
  return text.replace(/[&<>]/g, (found) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[found]);
}

/** What a run of the built program prints; the time of the run is taken out, so that pictures change only with the text. */
function shot(args) {
  const ran = spawnSync(process.execPath, [join(top, "dist/packdrift.mjs"), ...args], {
    cwd: top,
    env: { PATH: process.env.PATH, FORCE_COLOR: "1" },
    encoding: "utf8",
  });
  return ran.stdout.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-11-23T18:00:00Z");
}

const folder = join(top, "docs/pictures");
mkdirSync(folder, { recursive: true });
const { xavierSnapshot } = await bundled(
  join(top, "scripts/picture-machine.ts"),
  join(top, "dist/picture-machine.mjs"),
);
// The name that the machine has in its report.
const machine = join(mkdtempSync(join(tmpdir(), "packdrift-picture-")), "line-4");
writeFileSync(machine, xavierSnapshot(join(top, "test/hosts"), VERSION));
const deployed = "com.example.factory.GearTeeth=3.0.0";
const job = ["--job", "src/lab/jobs/arm64-nvidia-sm72.json"];
const SHOTS = {
  check: {
    args: ["check", ...job, "--root", machine, "--deployed", deployed],
    title: `packdrift check --job gear-teeth.json --deployed ${deployed}`,
  },
  facts: { args: ["facts", "--root", machine], title: "packdrift facts" },
};
for (const [name, { args, title }] of Object.entries(SHOTS)) {
  const text = shot(args);
  if (/not readable: |is not known|^ *\? /m.test(text))
    throw new Error(`The machine of the picture "${name}" is incomplete:\n${text}`);
  writeFileSync(join(folder, `${name}.svg`), picture(title, text));
}
rmSync(dirname(machine), { recursive: true });
rmSync(join(top, "dist/picture-machine.mjs"));
