import { chunksOf } from "../../base/chunks.js";
import type { DeviceFacts } from "../../device/facts.js";
import type { Reader, Unpack } from "../store/database.js";
import { readFacts } from "./device-view.js";
import { Parameters } from "./parameters.js";
import { textIn } from "./row-values.js";

/** A class of machines that no rule distinguishes. */
export interface MachineClass {
  readonly digest: string;
  readonly facts: DeviceFacts;
}

const MOST_REMEMBERED = 1_000;
const BATCH = 200;

/** Reads stored facts by their digests, and caches them, since they never change. */
export class MachineClasses {
  private readonly known = new Map<string, DeviceFacts>();

  constructor(
    private readonly reader: Reader,
    private readonly unpack: Unpack,
  ) {}

  /** Those that exist and can be read, in the given order. */
  async read(digests: readonly string[]): Promise<readonly MachineClass[]> {
    const missing = [...new Set(digests)].filter((digest) => !this.known.has(digest));
    const found = new Map<string, DeviceFacts>();
    for (const some of chunksOf(missing, BATCH)) {
      for (const { digest, facts } of await this.load(some)) found.set(digest, facts);
    }
    const classes = digests.flatMap((digest) => {
      const facts = this.known.get(digest) ?? found.get(digest);
      return facts === undefined ? [] : [{ digest, facts }];
    });
    for (const [digest, facts] of found) if (this.known.size < MOST_REMEMBERED) this.known.set(digest, facts);
    return classes;
  }

  private async load(digests: readonly string[]): Promise<readonly MachineClass[]> {
    const parameters = new Parameters();
    const sql = `SELECT digest, dictionary, body FROM facts WHERE digest IN ${parameters.in(digests)}`;
    const classes: MachineClass[] = [];
    for (const row of await this.reader.all(sql, parameters.values)) {
      const facts = await readFacts(row, this.unpack);
      if (facts !== null) classes.push({ digest: textIn(row, "digest"), facts });
    }
    return classes;
  }
}
