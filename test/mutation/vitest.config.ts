import { defineConfig } from "vitest/config";

const room = process.env.MUTATED_ROOM ?? "drift";
const UNITS: Readonly<Record<string, string[]>> = {
  drift: ["test/drift/**/*.test.ts"],
  job: ["test/job/*.test.ts"],
  outbox: ["test/outbox/{replay,report-index}.test.ts"],
};

/** Only these, where a few files tell most of what a mutant changes: `MUTATED_TESTS=test/drift/conflict.test.ts`. */
const CHOSEN = process.env.MUTATED_TESTS?.split(",");

/** Left out: random inputs and whole machines take seconds, and each mutant that they cover would run them. */
const SLOW = ["test/drift/{compare,preflight,hosts,field-cases,field-kinds}.test.ts"];

export default defineConfig({
  define: { PACKDRIFT_VERSION: JSON.stringify("0.0.0-test") },
  test: {
    include: CHOSEN ?? UNITS[room] ?? [],
    exclude: CHOSEN === undefined ? SLOW : [],
    // Loading the sources again for each file took most of the time.
    isolate: false,
    setupFiles: room === "job" ? ["test/mutation/seed.ts"] : [],
    testTimeout: 60_000,
  },
});
