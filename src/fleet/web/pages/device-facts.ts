import { isObject } from "../../../base/json.js";
import type { DeviceView } from "../../state/views.js";
import { timeAgo } from "../elements/marks.js";
import { type Html, html } from "../html.js";
import type { Visit } from "../visit.js";

const ROWS: readonly (readonly [key: string, label: string])[] = [
  ["product", "Product"],
  ["jetpack", "JetPack"],
  ["l4t", "L4T"],
  ["cuda", "CUDA"],
  ["tensorrt", "TensorRT"],
  ["cudnn", "cuDNN"],
  ["driver", "Driver"],
  ["gpus", "GPU"],
  ["arch", "Architecture"],
  ["cpu", "Processor"],
  ["distro", "Distribution"],
  ["kernelRelease", "Kernel"],
  ["container", "Container"],
];

/** What the newest complete report says about the device. */
export function factsPanel({ device, factsAt }: DeviceView, { nowMs }: Visit): Html {
  if (!isObject(device)) return html`<p class="nothing">Nothing is known about it yet.</p>`;
  const rows = ROWS.map(([key, label]) => [label, shown(device[key])] as const).filter(([, text]) => text !== null);
  return html`${definitions(rows)}<p class="note">${factsAt === null ? "It has sent no facts in full yet." : html`Facts in full came ${timeAgo(factsAt, nowMs)}.`}</p>`;
}

/** What it says about its agent. */
export function agentPanel({ agent, hasSigned, firstHeardAt }: DeviceView): Html {
  if (!isObject(agent)) return html`<p class="nothing">Nothing is known about it yet.</p>`;
  const problems = Array.isArray(agent.problems) ? agent.problems : [];
  return html`${definitions([
    ["Version", shown(agent.version)],
    ["Node.js", shown(agent.node)],
    ["Transport", shown(agent.transport)],
    ["Outbox", shown(agent.outbox)],
    ["Signed reports", hasSigned ? "yes" : "no"],
    ["First heard", firstHeardAt?.slice(0, 10) ?? null],
  ])}${problems.length === 0 ? null : html`<h3>Problems</h3><ul class="problems">${problems.map((each) => html`<li>${String(each)}</li>`)}</ul>`}`;
}

function definitions(rows: readonly (readonly [string, string | null])[]): Html {
  return html`<dl class="facts">${rows
    .filter(([, text]) => text !== null)
    .map(([label, text]) => html`<div><dt>${label}</dt><dd><bdi>${text}</bdi></dd></div>`)}</dl>`;
}

function shown(value: unknown): string | null {
  if (value === null || value === undefined || value === false) return null;
  if (value === true) return "yes";
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(String).join(", ");
  return typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
}
