import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "../../src/lab/broker.js";
import { connectBroker, type MqttPort } from "../../src/lab/mqtt-port.js";
import { type Nucleus, startNucleus } from "../../src/lab/nucleus.js";
import type { NucleusOptions } from "../../src/lab/nucleus-types.js";
import { platformOf } from "../../src/lab/platform.js";
import { parseRecipe } from "../../src/lab/recipe.js";
import { startComponent } from "../../src/lab/run-component.js";
import { readAnswers, startSampleArchive } from "../../src/lab/sample-archive.js";
import { type SampleModel, writeSampleModel } from "../../src/lab/sample-model.js";
import { joinParts } from "../../src/report/parts.js";
import type { CompleteReport, Report } from "../../src/report/report.js";

export const TOP = join(import.meta.dirname, "../..");
export const NAME = "io.packdrift.Monitor";
export const { version: VERSION } = JSON.parse(readFileSync(join(TOP, "package.json"), "utf8"));
/** The recipe as a nucleus finds it. */
export const BUILT_RECIPE = join(TOP, "greengrass-build/recipes", `${NAME}-${VERSION}.json`);
export const ARTIFACTS = join(TOP, "artifacts", NAME, VERSION);
/** A job that any x86-64 machine with AVX2 satisfies, and the component that it made. */
export const JOB = { project: "bottle-caps", job: "bottle-caps-x86-cpu" };
export const MODEL = { name: "com.example.factory.BottleCaps", version: "4.0.0" };

type Configuration = NonNullable<NucleusOptions["components"][number]["configuration"]>;

/** What differs from an ordinary device. */
export interface SceneOptions {
  readonly flavour?: "classic" | "lite";
  /** Merged over an ordinary configuration. */
  readonly configuration?: Configuration;
  /** In place of an ordinary configuration. */
  readonly settings?: Configuration;
  /** Packaged models in the package store, by component and version: `com.example.A/1.0.0`. */
  readonly models?: Readonly<Record<string, SampleModel>>;
  readonly root?: string;
  /** The machine whose part of the recipe is used. */
  readonly arch?: "x64" | "arm64";
  readonly restart?: boolean;
  readonly deployed?: string;
  /** In place of the recipe's. */
  readonly accessControl?: Configuration;
  /** Deployed beside the component and its model. */
  readonly components?: NucleusOptions["components"];
  readonly nucleus?: Partial<NucleusOptions>;
  /** Given to the component's process, whenever it is started. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What the archive holds, in place of the sample jobs. */
  readonly answers?: readonly unknown[];
  /** The file of the recipe, in place of the built one. */
  readonly recipe?: string;
  /** The folder with the bundle, in place of the built one. */
  readonly artifacts?: string;
  /** Whether nucleus lite quotes what it exports of Setenv: release 2.6.0 does not. */
  readonly quotesSetenv?: boolean;
  /** The nucleus's way to the broker, in place of a direct one. */
  readonly cloudOf?: (direct: MqttPort) => MqttPort;
  /**
   * Installed by the recipe's step and never started before. Otherwise the step is left out and compiled code is there, as on
   * any later start: both together are a third of the processor time of a scene.
   */
  readonly isNew?: boolean;
  /** Called before the component is started, with the nucleus' root folder. */
  readonly onNucleus?: (nucleus: Nucleus, folder: string) => void;
}

/** What V8 compiled in one scene, for the scenes after it. */
const compiledCode = {
  files: new Map<string, Buffer>(),
  takeFrom(work: string) {
    for (const name of readdirSync(work).filter((each) => /^code-.*\.cache$/.test(each))) {
      this.files.set(name, readFileSync(join(work, name)));
    }
  },
  layIn(work: string) {
    mkdirSync(work, { recursive: true });
    for (const [name, bytes] of this.files) writeFileSync(join(work, name), bytes, { mode: 0o600 });
  },
};

/** Where a nucleus unpacks the archive of a component's version. */
export const storeFolder = (greengrassRoot: string, path: string) =>
  join(greengrassRoot, "packages/artifacts-unarchived", path, "model");

/** Has a nucleus stop reading at the first call of an operation, which it still answers. The result has it read again. */
export function stopReadingAt(nucleus: Nucleus, operation: string): () => void {
  let readAgain = () => {};
  const hold = nucleus.holdOperation(operation);
  void hold.held
    .waitFor(() => true)
    .then(() => {
      readAgain = nucleus.stopReading();
      hold.release();
    });
  return () => readAgain();
}

/** A whole device: broker, archive, nucleus, and the built component started as its recipe says. */
export async function startScene(options: SceneOptions = {}) {
  const { flavour = "classic", deployed = MODEL.version } = options;
  const folder = mkdtempSync(join(tmpdir(), "packdrift-flow-"));
  mkdirSync(join(folder, "packages/artifacts", MODEL.name, deployed), { recursive: true });
  for (const [path, model] of Object.entries(options.models ?? {}))
    await writeSampleModel(storeFolder(folder, path), model);
  const broker = await startBroker();
  const cloud = await connectBroker(broker.url, { reconnectMs: 20 });
  const archive = await startSampleArchive(options.answers ?? (await readAnswers(join(TOP, "src/lab/jobs"))));
  const whole = parseRecipe(
    readFileSync(options.recipe ?? BUILT_RECIPE, "utf8"),
    platformOf(flavour, process.platform, options.arch ?? process.arch),
  );
  const { install: _install, ...laterSteps } = whole.steps;
  const recipe = options.isNew ? whole : { ...whole, steps: laterSteps };
  const work = join(folder, "work", NAME);
  if (!options.isNew) compiledCode.layIn(work);
  const { accessControl: _, ...defaults } = recipe.defaultConfiguration;
  const configuration = options.settings ?? {
    jobs: [JOB],
    source: { type: "archive", endpoint: archive.endpoint },
    ...options.configuration,
  };
  const nucleus = await startNucleus({
    flavour,
    rootFolder: folder,
    thingName: "line-4",
    broker: options.cloudOf?.(cloud) ?? cloud,
    components: [
      {
        name: NAME,
        version: VERSION,
        state: "STARTING",
        defaultConfiguration: defaults,
        configuration,
        accessControl: options.accessControl ?? recipe.accessControl,
      },
      { name: "aws.greengrass.Cli", version: "2.12.0" },
      { name: MODEL.name, version: deployed, configuration: {} },
      ...(options.components ?? []),
    ],
    ...options.nucleus,
  });
  options.onNucleus?.(nucleus, folder);
  const received = inbox();
  const messages: { readonly topic: string; readonly payload: Buffer }[] = [];
  await cloud.subscribe("dt/packdrift/v1/line-4/#", 1, (message) => {
    messages.push(message);
    received.take(message);
  });
  const run = (environment: Readonly<Record<string, string>> = {}) =>
    startComponent({
      recipe,
      nucleus,
      artifactsFolder: options.artifacts ?? ARTIFACTS,
      restart: options.restart ?? false,
      restartDelayMs: 20,
      ...(options.quotesSetenv === undefined ? {} : { quotesSetenv: options.quotesSetenv }),
      environment: {
        PACKDRIFT_ROOT: options.root ?? join(TOP, "test/hosts/aws-t3-nogpu"),
        ...options.environment,
        ...environment,
      },
    });
  let component = await run();
  return {
    folder,
    work,
    broker,
    cloud,
    archive,
    nucleus,
    reports: received,
    /** All that arrived for `reports`, oldest first. */
    messages,
    get component() {
      return component;
    },
    /** Starts the component once more, after it has ended. */
    async again(environment: Readonly<Record<string, string>> = {}) {
      component = await run(environment);
      return component;
    },
    async close() {
      await component.stop();
      if (!options.isNew) compiledCode.takeFrom(work);
      await nucleus.close();
      await cloud.close();
      await broker.close();
      await archive.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The reports that arrived, parts put together, and a way to wait for one. */
function inbox() {
  const all: Report[] = [];
  const topics: string[] = [];
  const parts = joinParts();
  const waiting = new Set<() => void>();
  return {
    all,
    topics,
    take(message: { readonly topic: string; readonly payload: Buffer }) {
      topics.push(message.topic);
      const report = parts.add(JSON.parse(message.payload.toString("utf8")));
      if (report === null) return;
      all.push(report);
      for (const look of [...waiting]) look();
    },
    /** Resolves with the first report, past or to come, that fits. */
    next(fits: (report: CompleteReport) => boolean): Promise<CompleteReport> {
      return new Promise((resolve) => {
        const look = () => {
          const found = all.find((report): report is CompleteReport => report.kind === "COMPLETE" && fits(report));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
  };
}
