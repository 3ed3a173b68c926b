import { RUN_TWICE } from "./long-runs.js";

/** What `npm test` runs, and what `npm run test:long` does: endurance, and silences that last as long as the limits they show. */
const LONG = "test/**/*.long.test.ts";
/** Files that start processes, hold native code or watch their own process: each in a process of its own. */
const APART = [
  "test/{transports,chaos,week,node-versions,fleet/store}/**/*.test.ts",
  "test/fuzz/trees.test.ts",
  "test/fleet/feed/broker-client.test.ts",
  "test/fleet/web/browser.test.ts",
  "test/docs/commands.test.ts",
];
/** These share a PostgreSQL server. */
const STORES_TOGETHER = [
  "test/fleet/store/{hostile,postgres,postgres-peers,postgres-questions}.test.ts",
  "test/fleet/lambda/receive-queue.test.ts",
];
/** These start processes and leave their own as it was: they too share what they import, a second of CPU each. */
const PROCESSES_TOGETHER = ["test/flows/**/*.test.ts", "test/*.test.ts"];

// Most of the time is spent waiting for processes, brokers and time limits.
const maxWorkers = 4;
const shared = {
  setupFiles: "test/version.ts",
  // Guards against standing still, not measures: the slowest flow takes a minute alone and several on a busy machine.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  maxWorkers,
  // Guards, not waits: on a busy machine what is polled for comes later.
  expect: { poll: { timeout: 30_000, interval: 10 } },
};
/** The built program is loaded as it is. */
const asBuilt = { server: { deps: { external: [/\/dist\/[^/]+\.mjs$/] } } };
const once = { globalSetup: "test/build.ts", passWithNoTests: false, maxWorkers };

export const ordinary = {
  test: {
    ...once,
    projects: [
      {
        test: {
          ...shared,
          ...asBuilt,
          name: "apart",
          include: APART,
          exclude: [...STORES_TOGETHER, LONG],
        },
      },
      {
        test: {
          ...shared,
          ...asBuilt,
          name: "processes together",
          include: PROCESSES_TOGETHER,
          exclude: [LONG],
          isolate: false,
        },
      },
      { test: { ...shared, name: "stores together", include: STORES_TOGETHER, isolate: false } },
      // These share what they import: half of their time went into loading the same sources again for each file.
      {
        test: {
          ...shared,
          name: "together",
          include: ["test/**/*.test.ts"],
          exclude: [...APART, ...STORES_TOGETHER, ...PROCESSES_TOGETHER, LONG],
          isolate: false,
        },
      },
    ],
  },
};

export const long = {
  test: {
    ...once,
    projects: [
      { test: { ...shared, name: "endurance", include: [LONG] } },
      { test: { ...shared, name: "in full", include: RUN_TWICE, env: { TEST_LONG: "yes" }, isolate: false } },
    ],
  },
};
