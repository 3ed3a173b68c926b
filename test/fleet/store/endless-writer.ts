import { pathToFileURL } from "node:url";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { complete, messageOf } from "./fleet-messages.js";

const THINGS = 20;

/** Stores reports of some things from a sequence on until it is killed; writes each sequence once it is acknowledged. */
async function writeForever(file: string, worker: string, from: number): Promise<void> {
  const store = await openSqlite(file, { worker: pathToFileURL(worker) });
  for (let sequence = from; ; sequence += 1) {
    const things = Array.from({ length: THINGS }, (_, at) => `box-${at}`);
    const { acknowledge } = await store.ingest(things.map((thing) => messageOf(complete({ thing, sequence }))));
    if (acknowledge.length === THINGS) process.stdout.write(`${sequence}\n`);
  }
}

const [file = "", worker = "", from = "1"] = process.argv.slice(2);
await writeForever(file, worker, Number(from));
