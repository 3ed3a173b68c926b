import { ExpectedError } from "../base/errors.js";
import { reasonOf } from "../base/system-errors.js";
import { readExistingFile } from "../platform/safe-files.js";

/**
 * Replaces Greengrass on a device without it: the configuration is the text of a JSON or YAML file, read again for each check;
 * deployed components are unknown.
 */
export function withoutGreengrass(path: string) {
  const why = "there is no Greengrass here";
  return {
    async configuration(): Promise<string> {
      try {
        return readExistingFile(path).toString("utf8");
      } catch (error) {
        throw new ExpectedError(`Cannot read the configuration "${path}": ${reasonOf(error)}`, { cause: error });
      }
    },
    /** Calls back on SIGHUP. */
    onConfigurationChange(changed: () => void) {
      process.on("SIGHUP", changed);
      return { close: async () => void process.off("SIGHUP", changed) };
    },
    componentDetails: async (_component: string) => ({ kind: "unsupported" as const, why }),
    isConfigured: async (_component: string) => false,
    mayPublish: async (_topic: string) => why,
    tokenExchangePort: async () => null,
    onDeployment: async (_finished: () => void): Promise<never> => {
      throw new ExpectedError(why);
    },
    shadow: async (_thing: string, _name: string): Promise<never> => {
      throw new ExpectedError(why);
    },
    updateShadow: async (_thing: string, _name: string, _document: string): Promise<never> => {
      throw new ExpectedError(why);
    },
    publishLocal: async (topic: string, _message: object | string): Promise<never> => {
      throw new ExpectedError(`Cannot publish to the local topic "${topic}": ${why}`);
    },
    subscribeLocal(topic: string): never {
      throw new ExpectedError(`Cannot subscribe to the local topic "${topic}": ${why}`);
    },
    running: async () => {},
    close: async () => {},
  };
}
