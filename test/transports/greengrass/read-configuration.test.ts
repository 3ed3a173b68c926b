import { describe, expect, it } from "vitest";
import {
  readConfiguration,
  UnreadableSettingsError,
  unwrapped,
} from "../../../src/transports/greengrass/read-configuration.js";

const KEYS = ["jobs", "schedule", "waivers"];
const bare = { serviceError: { _errorCode: "ServiceError", _message: "" } };
const notFound = { serviceError: { _errorCode: "ResourceNotFoundError", _message: "Key not found." } };

/** Reads from a store where a key path (`""`: all) gives a value or fails; what is not in it is not found. */
function read(store: Readonly<Record<string, { readonly value?: object; readonly error?: unknown }>>) {
  const asked: string[] = [];
  const client = {
    async getConfiguration({ keyPath }: { keyPath?: string[] }) {
      const path = (keyPath ?? []).join("/");
      asked.push(path);
      const { value, error = notFound } = store[path] ?? {};
      if (value === undefined) throw error;
      return { value };
    },
  };
  const reading = readConfiguration(client as never, (call) => call, KEYS);
  return { asked, reading };
}

describe("readConfiguration", () => {
  it("reads all at once if the nucleus sends it", async () => {
    const { asked, reading } = read({ "": { value: { logLevel: "debug" } } });

    expect(await reading).toEqual({ logLevel: "debug" });
    expect(asked).toEqual([""]);
  });

  it("is empty where there is no configuration", async () => {
    expect(await read({}).reading).toEqual({});
  });

  it("reads key by key what is too long for one answer, and leaves out what is not there", async () => {
    const { asked, reading } = read({
      "": { error: bare },
      jobs: { value: { first: { project: "p", job: "j" } } },
      schedule: { value: { schedule: "0 0 * * *" } },
    });

    expect(await reading).toEqual({ jobs: { first: { project: "p", job: "j" } }, schedule: "0 0 * * *" });
    expect(asked).toEqual(["", ...KEYS]);
  });

  it("names the settings that are too long by themselves", async () => {
    const { reading } = read({ "": { error: bare }, jobs: { error: bare }, waivers: { error: bare } });

    await expect(reading).rejects.toThrow(UnreadableSettingsError);
    await expect(reading).rejects.toThrow(/^Cannot read "jobs" and "waivers": nucleus lite sends at most 255 keys/);
  });

  it("fails like the first attempt where nothing at all can be read", async () => {
    const { reading } = read(Object.fromEntries(["", ...KEYS].map((key) => [key, { error: bare }])));

    await expect(reading).rejects.toThrow("Cannot read the configuration: ServiceError");
    await expect(reading).rejects.not.toThrow(UnreadableSettingsError);
  });

  it("reads nothing separately after another failure", async () => {
    const { asked, reading } = read({ "": { error: new Error("dropped") } });

    await expect(reading).rejects.toThrow("Cannot read the configuration: dropped");
    expect(asked).toEqual([""]);
  });
});

describe("unwrapped", () => {
  it.each([
    ["a leaf", { schedule: "0 0 * * *" }, "0 0 * * *"],
    ["a list", { schedule: [1] }, [1]],
    ["a map", { type: "auto" }, { type: "auto" }],
    ["a map with an entry of its own name", { schedule: { project: "p" } }, { schedule: { project: "p" } }],
  ])("reads %s as it is stored", (_, value, stored) => {
    expect(unwrapped("schedule", value)).toEqual(stored);
  });
});
