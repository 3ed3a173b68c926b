// Shows `packdrift fleet` with devices: real components, each in its own process on its own nucleus, and a load of
// virtual ones. Receiver, store and page are the built program, the broker is mosquitto.
//   node bench/fleet-devices.mjs [--devices 20] [--virtual 20000] [--rate 500] [--seconds 60]
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as lab from "../dist/lab.mjs";
import { quantile, startFleet, startMosquitto, until } from "./fleet-parts.mjs";

const { values } = parseArgs({
  options: {
    devices: { type: "string", default: "20" },
    virtual: { type: "string", default: "20000" },
    rate: { type: "string", default: "500" },
    seconds: { type: "string", default: "60" },
  },
});
const [devices, virtual, rate, seconds] = ["devices", "virtual", "rate", "seconds"].map((name) => Number(values[name]));
const top = dirname(dirname(fileURLToPath(import.meta.url)));
const COMPONENT = "io.packdrift.Monitor";
const { version } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "packdrift-fleet-devices-"));
const closing = [() => rmSync(folder, { recursive: true, force: true })];
/** The process of `packdrift fleet`. */
let fleet = null;
process.once("SIGINT", () => end(1));

try {
  await show();
  await end(0);
} catch (error) {
  console.error(error);
  await end(1);
}

async function show() {
  const brokerUrl = await startMosquitto(folder, closing);
  fleet = await startFleet(brokerUrl, join(folder, "fleet.db"), closing, ["--jobs", join(top, "src/lab/jobs")]);
  const page = fleet.url;
  const answers = await lab.readAnswers(join(top, "src/lab/jobs"));
  if (devices > 0) await startDevices(brokerUrl, answers);
  const began = performance.now();
  await until("every device is heard", async () => (await summary(page)).things >= devices);
  console.log(
    `${devices} real devices heard after ${Math.round(performance.now() - began)} ms more, receiver ${fleet.rss()} MB`,
  );
  if (virtual > 0) await loadIt(brokerUrl, page, answers);
  console.log(JSON.stringify(await summary(page)));
}

/** Real components, a few starting at a time. */
async function startDevices(brokerUrl, answers) {
  const began = performance.now();
  const archive = await lab.startSampleArchive(answers);
  closing.push(() => archive.close());
  const recipe = lab.parseRecipe(
    readFileSync(join(top, "dist/recipe.json"), "utf8"),
    lab.platformOf("classic", process.platform, process.arch),
  );
  const names = Array.from({ length: devices }, (_, at) => `device-${String(at + 1).padStart(3, "0")}`);
  const turns = names.values();
  const startSome = async () => {
    for (const thingName of turns) await startDevice({ thingName, brokerUrl, endpoint: archive.endpoint, recipe });
  };
  await Promise.all([startSome(), startSome()]);
  console.log(`${devices} components started within ${Math.round(performance.now() - began)} ms`);
}

async function startDevice({ thingName, brokerUrl, endpoint, recipe }) {
  const broker = await lab.connectBroker(brokerUrl);
  closing.push(() => broker.close());
  const configuration = {
    jobs: [{ project: "bottle-caps", job: "bottle-caps-x86-cpu" }],
    source: { type: "archive", endpoint },
    jitterSeconds: 0,
  };
  const nucleus = await lab.startNucleus({
    flavour: "classic",
    rootFolder: join(folder, thingName),
    thingName,
    broker,
    components: [
      {
        name: COMPONENT,
        version: recipe.version,
        state: "STARTING",
        defaultConfiguration: recipe.defaultConfiguration,
        configuration,
      },
      { name: "aws.greengrass.Cli", version: "2.12.0" },
      { name: "com.example.factory.BottleCaps", version: "4.0.0", configuration: {} },
    ],
  });
  closing.push(() => nucleus.close());
  const artifactsFolder = join(top, "artifacts", COMPONENT, version);
  const component = await lab.startComponent({ recipe, nucleus, artifactsFolder, restart: true });
  closing.push(() => component.stop());
  // Its first report marks its start: this machine cannot start all processes at once.
  await until(`${thingName} has reported`, async () =>
    component.output.all.some(({ text }) => text.includes("report.delivered")),
  );
}

/** Reports of virtual devices at a rate, with the delay until they are acknowledged. */
async function loadIt(brokerUrl, page, answers) {
  const before = process.cpuUsage();
  const load = await lab.startLoad({ brokerUrl, things: virtual, reportsPerSecond: rate, answers });
  closing.push(() => load.stop());
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  load.pause();
  const open = await load.acknowledged(120_000);
  const delays = load.takeLatencies();
  const at = (share) => Math.round(quantile(delays, share));
  const { user, system } = process.cpuUsage(before);
  console.log(
    `${virtual} virtual devices, ${rate} reports/s for ${seconds} s: ${JSON.stringify(load.counts())}, ` +
      `not acknowledged ${open.length} things, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ` +
      `load took ${Math.round((user + system) / 1_000)} ms of CPU, receiver ${fleet.rss()} MB`,
  );
  const asked = performance.now();
  const answer = await fetch(page);
  await answer.text();
  console.log(`The first page: ${answer.status} within ${Math.round(performance.now() - asked)} ms`);
}

async function summary(page) {
  return (await fetch(new URL("/api/summary", page))).json();
}

async function end(code) {
  for (const close of closing.splice(0).reverse()) await close();
  process.exit(code);
}
