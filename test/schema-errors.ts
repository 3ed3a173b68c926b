import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";

const SRC = join(import.meta.dirname, "../src");
/** package.json exports each by its file name. */
export const SCHEMA_FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".schema.json"),
);
export const SCHEMAS: readonly { readonly $id: string }[] = SCHEMA_FILES.map((path) =>
  JSON.parse(readFileSync(join(SRC, path), "utf8")),
);
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
for (const schema of SCHEMAS) ajv.addSchema(schema);

/** Whether there is a schema of this address, and all that it refers to. */
export function hasSchema(id: string): boolean {
  return ajv.getSchema(id) !== undefined;
}

/** What is wrong with a value by the schema `report-1` say, once JSON has carried it; null where nothing is. */
export function errorsOf(name: string, value: unknown): unknown {
  const validate = ajv.getSchema(`https://packdrift.io/schema/${name}.json`);
  if (validate === undefined) throw new Error(`There is no schema ${name}`);
  return validate(JSON.parse(JSON.stringify(value))) ? null : validate.errors;
}
