// Times the readings of the model in a folder, as the examiner makes them: the first, and later ones that its cache answers.
// Prints one line of JSON: milliseconds, CPU milliseconds, and the memory that the first reading added.
import { linuxHost } from "../src/device/linux-host.js";
import { cachedModels } from "../src/examiner/models/model-cache.js";
import { readModel } from "../src/model/read-model.js";
import { fileIdentity } from "../src/platform/file-identity.js";

const [, , folder = ""] = process.argv;
const tree = linuxHost("/");
let stored: string | null = null;
const parts = {
  load: () => stored,
  save(text: string) {
    stored = text;
  },
  identify: fileIdentity,
  version: "bench",
};
const before = peakMb();
const cpuBefore = process.cpuUsage();
const first = await time(() => cachedModels(parts)([folder], async () => readModel(tree, [folder])));
const { user, system } = process.cpuUsage(cpuBefore);
const peak = peakMb() - before;
const later: number[] = [];
// Each check has a process of its own, whose cache comes from the disk.
for (let at = 0; at < 21; at++) {
  later.push(
    await time(() => cachedModels(parts)([folder], () => Promise.reject(new Error("it is not in the cache")))),
  );
}
later.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    firstMs: first,
    firstCpuMs: (user + system) / 1e3,
    laterMs: later[later.length >> 1],
    peakMb: peak,
  }),
);

function peakMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

async function time(action: () => Promise<unknown>): Promise<number> {
  const from = process.hrtime.bigint();
  await action();
  return Number(process.hrtime.bigint() - from) / 1e6;
}
