import { RUN_TWICE } from "./long-runs.js";

/** Of files in these folders or under these names, those of `npm test` or those of `npm run test:long`, by how their names end. */
type Ending = ".test.ts" | ".long.test.ts";
/** Files that start processes, hold native code or watch their own process: each in a process of its own. */
const apart = (ending: Ending) => [
  `test/{transports,chaos,week,node-versions,fleet/store}/**/*${ending}`,
  `test/fuzz/trees${ending}`,
  `test/fleet/feed/{broker-client,start-feed}${ending}`,
  `test/fleet/web/browser${ending}`,
  `test/docs/commands${ending}`,
];
/** These share a PostgreSQL server. */
const storesTogether = (ending: Ending) => [
  `test/fleet/store/{hostile,postgres,postgres-peers,postgres-questions}${ending}`,
  `test/fleet/lambda/receive-queue${ending}`,
];
/** These start processes and leave their own as it was: they too share what they import, a second of CPU each. */
const processesTogether = (ending: Ending) => [`test/flows/**/*${ending}`, `test/*${ending}`];

// Most of the time is spent waiting for processes, brokers and time limits.
const maxWorkers = 4;
const shared = {
  setupFiles: "test/version.ts",
  // Guards against hanging, not measures: the slowest flow takes a minute alone and several on a busy machine.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  maxWorkers,
  // Guards, not waits: on a busy machine what is polled for comes later.
  expect: { poll: { timeout: 30_000, interval: 10 } },
};
/** The built program is loaded as it is. */
const asBuilt = { server: { deps: { external: [/\/dist\/[^/]+\.mjs$/] } } };
const once = { globalSetup: "test/build.ts", passWithNoTests: false, maxWorkers };

/** The files of one ending, each in one project. */
function projects(ending: Ending) {
  const not = ending === ".test.ts" ? ["test/**/*.long.test.ts"] : [];
  const stores = storesTogether(ending);
  const processes = processesTogether(ending);
  return [
    { test: { ...shared, ...asBuilt, name: "apart", include: apart(ending), exclude: [...stores, ...not] } },
    { test: { ...shared, ...asBuilt, name: "processes together", include: processes, exclude: not, isolate: false } },
    { test: { ...shared, name: "stores together", include: stores, exclude: not, isolate: false } },
    // These share what they import: half of their time went into loading the same sources again for each file.
    {
      test: {
        ...shared,
        name: "together",
        include: [`test/**/*${ending}`],
        exclude: [...apart(ending), ...stores, ...processes, ...not],
        isolate: false,
      },
    },
  ];
}

/** What `npm test` runs. */
export const ordinary = { test: { ...once, projects: projects(".test.ts") } };

/** What `npm run test:long` runs. */
export const long = {
  test: {
    ...once,
    projects: [
      ...projects(".long.test.ts"),
      { test: { ...shared, name: "in full", include: RUN_TWICE, env: { TEST_LONG: "yes" }, isolate: false } },
    ],
  },
};
