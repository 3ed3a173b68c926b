import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "aws-iot-device-sdk-v2/dist/greengrasscoreipc.js";
import { afterEach } from "vitest";
import type { Flavour } from "../../src/lab/flavour.js";
import { type ComponentOptions, type Nucleus, type NucleusOptions, startNucleus } from "../../src/lab/nucleus.js";

/** The real SDK's IPC client. */
export type Client = ReturnType<typeof createClient>;

export const FLAVOURS: readonly Flavour[] = ["classic", "lite"];
export const COMPONENT = "com.example.Monitor";

const cleanups: Array<() => Promise<unknown> | unknown> = [];

/** Runs after the test, last one first. */
export function afterTest(cleanup: () => Promise<unknown> | unknown): void {
  cleanups.push(cleanup);
}

/** Call once in each test file. */
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
}

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lab-"));
  afterTest(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Policies that allow all that the tests do, but not everything. */
export const ACCESS_CONTROL = {
  "aws.greengrass.ipc.mqttproxy": {
    "monitor:mqtt:1": {
      operations: ["aws.greengrass#PublishToIoTCore", "aws.greengrass#SubscribeToIoTCore"],
      resources: ["dt/*", "cmd/+/req", "deep/#"],
    },
  },
  "aws.greengrass.ipc.pubsub": {
    "monitor:pubsub:1": {
      operations: ["aws.greengrass#PublishToTopic", "aws.greengrass#SubscribeToTopic"],
      resources: ["local/*", "$aws/things/*"],
    },
  },
  "aws.greengrass.Cli": {
    "monitor:cli:1": { operations: ["aws.greengrass#GetComponentDetails"], resources: ["com.example.*"] },
  },
  "aws.greengrass.ShadowManager": {
    "monitor:shadow:1": { operations: ["*"], resources: ["$aws/things/*/shadow/name/monitor", "lab-thing"] },
  },
};

/** An ordinary nucleus with the component under test; more by `options`. */
export async function someNucleus(
  flavour: Flavour,
  options: Partial<NucleusOptions> & { readonly monitor?: Partial<ComponentOptions> } = {},
): Promise<Nucleus> {
  const { monitor, components = [], ...rest } = options;
  const own = { name: COMPONENT, version: "1.2.3", accessControl: ACCESS_CONTROL, ...monitor };
  const rootFolder = rest.rootFolder ?? (await temporaryFolder());
  const nucleus = await startNucleus({ flavour, ...rest, rootFolder, components: [own, ...components] });
  afterTest(() => nucleus.close());
  return nucleus;
}

/** A client that is not connected yet, with a component's environment (or another token). */
export function clientOf(nucleus: Nucleus, component = COMPONENT, token?: string): Client {
  const environment = nucleus.environmentOf(component);
  process.env.AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT =
    environment.AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT;
  process.env.SVCUID = token ?? environment.SVCUID;
  return createClient();
}

/** A connected client. */
export async function connected(nucleus: Nucleus, component = COMPONENT): Promise<Client> {
  const client = clientOf(nucleus, component);
  await client.connect();
  afterTest(() =>
    within(
      client.close().catch(() => {}),
      "close",
    ).catch(() => {}),
  );
  return client;
}

/** The promise, or a rejection after `ms`: the client's calls may never settle. */
export async function within<T>(promise: Promise<T>, what: string, ms = 20_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** What a call failed with, as a component sees it: the error's code and text, or the description of an unmodelled one. */
export async function failureOf(call: Promise<unknown>): Promise<{ readonly code: string; readonly text: string }> {
  try {
    await within(call, "the call");
  } catch (thrown) {
    const error = thrown as {
      serviceError?: { _errorCode: string; _message: string };
      description?: string;
      message: string;
    };
    return error.serviceError
      ? { code: error.serviceError._errorCode, text: error.serviceError._message }
      : { code: "unmodelled", text: error.description ?? error.message };
  }
  throw new Error("The call succeeded");
}

/** A queue of what a listener is called with. */
export function inbox<T>(): { readonly put: (item: T) => void; next(): Promise<T>; readonly waiting: readonly T[] } {
  const items: T[] = [];
  const takers: Array<(item: T) => void> = [];
  return {
    put(item) {
      const taker = takers.shift();
      if (taker) taker(item);
      else items.push(item);
    },
    next() {
      const item = items.shift();
      if (item !== undefined) return Promise.resolve(item);
      return within(new Promise<T>((resolve) => takers.push(resolve)), "the next message");
    },
    waiting: items,
  };
}
