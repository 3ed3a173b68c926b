import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ExpectedError } from "../base/errors.js";
import { isObject } from "../base/json.js";
import { hanging } from "../base/terminal-text.js";
import { detectFacts } from "../device/detect.js";
import type { DeviceFacts } from "../device/facts.js";
import { linuxHost } from "../device/linux-host.js";
import { isCompilationJob } from "../job/compilation-job.js";
import type { PackagingJob } from "../job/job.js";
import { descriptionOf } from "../job/wire-answer.js";
import { exitCodeOf } from "../report/formats.js";
import type { TextStyle } from "../report/render-report.js";
import type { Report } from "../report/report.js";
import { readAnswerFile } from "../sources/job-files.js";
import type { Flavour } from "./flavour.js";
import { type LabFleet, type LabFleetChoice, startLabFleet } from "./fleet/lab-fleet.js";
import { type JobService, startJobService } from "./job-service.js";
import { firstReportIsLate, HOW_TO_END, sayNextCheck, showWork } from "./lab-status.js";
import { connectBroker, type MqttPort } from "./mqtt-port.js";
import { type ComponentOptions, type Nucleus, startNucleus } from "./nucleus.js";
import { pickJobs } from "./pick-jobs.js";
import { platformOf } from "./platform.js";
import { parseRecipe, type Recipe } from "./recipe.js";
import { type Inbox, receive } from "./report-inbox.js";
import { type RunningComponent, startComponent } from "./run-component.js";
import { readAnswers } from "./sample-archive.js";
import { fittingModel, writeSampleModel } from "./sample-model.js";
import { type SwitchableBroker, switchableBroker } from "./switchable-broker.js";

/** The lab's options, and its output. */
export interface LabOptions {
  readonly flavour: Flavour;
  /** The folder read as if it were "/"; null: this machine. */
  readonly root: string | null;
  /** Saved answers to check instead of the sample jobs; "none": a device with a model but no saved answer. */
  readonly jobFiles: readonly string[] | "none";
  /** Null: an embedded broker. */
  readonly brokerUrl: string | null;
  /** End after the first report about each job. */
  readonly once: boolean;
  /** Virtual devices, and the fleet's page; null: neither. */
  readonly fleet: LabFleetChoice | null;
  /** `text`, or one line of JSON for each message. */
  readonly format: "text" | "json";
  readonly style: TextStyle;
  /** Holds `recipe.json` and the files that it names. */
  readonly packageFolder: string;
  readonly version: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Prints why the lab cannot run. */
  readonly onProblem: (problem: string) => void;
  /** Shows what the lab is doing, on a terminal. */
  readonly status: (line: string | null) => void;
  /** Ends the lab when aborted. */
  readonly signal: AbortSignal;
}

const COMPONENT = "io.packdrift.Monitor";
const THING = "packdrift-lab";
const WRONG_USAGE = 3;
/** Beside the bundle. */
const STORE_THREADS = new URL("./fleet-worker.mjs", import.meta.url);
const JOBS_FOLDER = join(dirname(fileURLToPath(import.meta.url)), "jobs");

/** Registers how to close something that is now open. */
type Opened = <T>(thing: T, close: (thing: T) => Promise<unknown>) => T;

/**
 * Runs the built component as its recipe starts it, against a nucleus, a broker and an archive or SageMaker in this process, and
 * shows every report that an MQTT subscriber receives. Resolves to the exit code of `packdrift check`.
 */
export async function runLab(options: LabOptions): Promise<number> {
  const stack: (() => Promise<unknown>)[] = [];
  const opened: Opened = (thing, close) => {
    stack.push(() => close(thing));
    return thing;
  };
  try {
    const device = await startDevice(options, opened);
    // The reports travel the whole way: component, nucleus, broker, and back to this subscriber.
    const inbox = receive(options, Math.max(device.service.jobs.length, device.models.length));
    for (const kind of ["report", "heartbeat"])
      await device.cloud.subscribe(`dt/packdrift/v1/${THING}/${kind}`, 1, inbox.take);
    if (options.format === "text") options.out(introduction(options, device));
    const fleet = options.fleet === null ? null : await startFleet(options, options.fleet, device, opened);
    if (fleet !== null && options.fleet?.speed !== 1) return await withoutComponent(options, fleet);
    const component = opened(await startPackdrift(options, device), (running) => running.stop());
    const endShow = opened(showWork(options.status, "Waiting for the component's first report"), async (end) => end());
    void inbox.complete.then(endShow).then(() => sayNextCheck(options));
    if (fleet !== null) opened(showAddressOnce(inbox, options, fleet), (shown) => shown());
    return await outcome(options, component, inbox);
  } catch (error) {
    // The lab is a bundle of its own, so the command line would not recognise the class.
    if (!(error instanceof ExpectedError)) throw error;
    options.onProblem(error.message);
    return WRONG_USAGE;
  } finally {
    for (const close of stack.reverse()) await close();
  }
}

interface Device {
  readonly folder: string;
  readonly service: JobService;
  readonly models: readonly { readonly name: string; readonly version: string }[];
  readonly brokerUrl: string;
  /** Null where the broker is not the lab's own. */
  readonly broker: SwitchableBroker | null;
  readonly cloud: MqttPort;
  readonly recipe: Recipe;
  readonly nucleus: Nucleus;
}

/** Broker, job service and nucleus, with the jobs' models deployed. */
async function startDevice(options: LabOptions, opened: Opened): Promise<Device> {
  const { flavour } = options;
  const folder = opened(await mkdtemp(join(tmpdir(), "packdrift-lab-")), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const answers = options.jobFiles === "none" ? [] : await chooseAnswers(options, options.jobFiles);
  const service = opened(await startJobService(answers), (running) => running.close());
  const broker = options.brokerUrl === null ? opened(await switchableBroker(), (own) => own.stop()) : null;
  const brokerUrl = options.brokerUrl ?? broker?.url ?? "";
  const cloud = opened(await connectBroker(brokerUrl), (port) => port.close());
  const recipeText = await readFile(join(options.packageFolder, "recipe.json"), "utf8");
  const recipe = parseRecipe(recipeText, platformOf(flavour, process.platform, process.arch));
  const models = options.jobFiles === "none" ? [await storeModel(options, folder)] : service.jobs.flatMap(componentOf);
  for (const { name, version } of models)
    await mkdir(join(folder, "packages/artifacts", name, version), { recursive: true });
  const own: ComponentOptions = {
    name: COMPONENT,
    version: recipe.version,
    state: "STARTING",
    defaultConfiguration: recipe.defaultConfiguration,
    configuration: { ...service.settings, schedule: "* * * * *", jitterSeconds: 0, heartbeatHours: 1 },
  };
  const nucleus = opened(
    await startNucleus({
      flavour,
      rootFolder: folder,
      thingName: THING,
      region: "eu-west-1",
      broker: cloud,
      components: [own, { name: "aws.greengrass.Cli", version: "2.12.0" }, ...models.map(deployed)],
    }),
    (running) => running.close(),
  );
  return { folder, service, models, brokerUrl, broker, cloud, recipe, nucleus };
}

/** Nothing for a compilation job, which does not name the component that holds its model. */
function componentOf({ component: { name, version } }: PackagingJob): Device["models"] {
  return name === null ? [] : [{ name, version: version ?? "" }];
}

function deployed(model: Device["models"][number]): ComponentOptions {
  return { ...model, configuration: {} };
}

/** Puts a model that this machine should run into the package store, as a deployment would have. */
async function storeModel(options: LabOptions, folder: string): Promise<Device["models"][number]> {
  const model = { name: "com.example.factory.BottleCaps", version: "1.0.0" };
  const store = join(folder, "packages/artifacts-unarchived", model.name, model.version);
  await writeSampleModel(join(store, "greengrass_model_component/model"), fittingModel(factsOf(options)));
  return model;
}

function factsOf({ root }: LabOptions): DeviceFacts {
  return detectFacts(linuxHost(root ?? "/"));
}

function introduction({ flavour, style }: LabOptions, { service, models, brokerUrl }: Device): string {
  const { jobs, title } = service;
  const ofModel = ({ name, version }: Device["models"][number]) =>
    `model: ${name} ${version}, which no saved job describes`;
  const lines = [
    `packdrift lab: ${flavour} nucleus, broker ${brokerUrl}, ${title}, thing ${THING}`,
    ...(jobs.length === 0 ? models.map(ofModel) : jobs.map((job, at) => `job ${at + 1}: ${job.project}/${job.name}`)),
  ];
  return `${lines.flatMap((line) => hanging(line, style.width)).join("\n")}\n\n`;
}

function startPackdrift(options: LabOptions, { recipe, nucleus, service }: Device): Promise<RunningComponent> {
  return startComponent({
    recipe,
    nucleus,
    artifactsFolder: options.packageFolder,
    environment: { ...service.environment, ...(options.root !== null && { PACKDRIFT_ROOT: options.root }) },
    restart: !options.once,
  });
}

function startFleet(options: LabOptions, choice: LabFleetChoice, device: Device, opened: Opened): Promise<LabFleet> {
  const { format, out } = options;
  const { brokerUrl, broker, folder } = device;
  const jobsFolder = JOBS_FOLDER;
  const say = (text: string) => out(format === "text" ? `fleet: ${text}\n` : `${JSON.stringify({ fleet: text })}\n`);
  // A fleet on a fast clock would call the component silent, since it runs on the real clock.
  const things = choice.speed === 1 ? [THING] : [];
  return startLabFleet({
    ...choice,
    worker: STORE_THREADS,
    brokerUrl,
    broker,
    folder,
    jobsFolder,
    things,
    say,
    opened,
  });
}

/** Shows the address after the first reports. The returned function waits until that is done: it reads the fleet's store. */
function showAddressOnce(inbox: Inbox, options: LabOptions, fleet: LabFleet): () => Promise<void> {
  let shown = Promise.resolve();
  void inbox.complete.then(() => {
    shown = showAddress(options, fleet, inbox.reports());
  });
  return () => shown;
}

async function showAddress(
  { format, out }: LabOptions,
  { url, sentence }: LabFleet,
  reports: readonly Report[],
): Promise<void> {
  const fleet = await sentence(reports);
  if (format === "json") out(`${JSON.stringify({ fleet, page: url })}\n`);
  else out(`fleet: ${fleet}\n\nThe fleet's page: ${url}\n`);
}

/** The virtual devices alone, until the lab is stopped; with `once`, not even that. */
async function withoutComponent(options: LabOptions, fleet: LabFleet): Promise<number> {
  await showAddress(options, fleet, []);
  if (!options.once && options.format === "text") options.out(`${HOW_TO_END}\n`);
  if (!options.once) await stopped(options);
  return 0;
}

function stopped({ signal }: LabOptions): Promise<"stopped"> {
  if (signal.aborted) return Promise.resolve("stopped");
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("stopped"), { once: true }));
}

/** Waits for the end of the lab: the signal, the component's end, or with `once` the first report about each job. */
async function outcome(options: LabOptions, component: RunningComponent, inbox: Inbox): Promise<number> {
  const ended = component.exited.then(() => "ended" as const);
  const waits = options.once ? [inbox.complete, firstReportIsLate()] : [];
  const first = await Promise.race([stopped(options), ended, ...waits]);
  if (first === "ended" || first === "late") {
    const what = first === "ended" ? "has ended" : "has sent no report";
    options.err(`packdrift lab: the component ${what}; its last lines:\n`);
    for (const line of component.output.all.slice(-20)) options.err(`  ${line.text}\n`);
    return 2;
  }
  return exitCodeOf(inbox.reports());
}

/** The named files, or two sample jobs: one that this machine should satisfy, one that it cannot. */
async function chooseAnswers(options: LabOptions, jobFiles: readonly string[]): Promise<readonly unknown[]> {
  if (jobFiles.length > 0) {
    const read = await Promise.all(jobFiles.map(readAnswerFile));
    return read.map(({ answer }) => {
      const isCompiled = isObject(answer) && isCompilationJob(answer);
      return isCompiled ? answer : { ModelPackagingDescription: descriptionOf(answer) };
    });
  }
  return pickJobs(await readAnswers(JOBS_FOLDER), factsOf(options));
}

export { startBroker } from "./broker.js";
export { startLoad } from "./fleet/report-load.js";
export { connectBroker } from "./mqtt-port.js";
export { startNucleus } from "./nucleus.js";
export { platformOf } from "./platform.js";
export { parseRecipe } from "./recipe.js";
export { startComponent } from "./run-component.js";
export { readAnswers, startSampleArchive } from "./sample-archive.js";
