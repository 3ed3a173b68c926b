// Changes to the dependencies of the lab and the fleet: native parts are loaded from dist/, not from node_modules.
import { KEEPER_CHANGES } from "./device-changes.mjs";
import { CRT, TOP } from "./paths.mjs";

const OF_CRT = ["MQTT over a WebSocket or a proxy", "AWS's metrics about its own SDK"];

export const SERVER_CHANGES = [
  ...KEEPER_CHANGES.filter(({ name }) => OF_CRT.includes(name)),
  {
    name: "the search for aws-crt's native part",
    file: /aws-crt\/dist\/native\/binding\.js$/,
    expects: ["process.env.AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH", "exports.default ="],
    change: () => `
      exports.__esModule = true;
      const binary = "./aws-crt-" + process.arch + ".node";
      exports.default = require(process.env.AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH || binary);`,
  },
  {
    name: "the search for SQLite's native part",
    file: /@photostructure\/sqlite\/dist\/index\.cjs$/,
    expects: ['require("node-gyp-build")', "function _dirname() {"],
    change: (text) => {
      const binary = '() => { const binary = "./sqlite-" + process.arch + ".node"; return require(binary); }';
      // The original finds the folder from a stack trace, which is no longer needed.
      return text
        .replace('require("node-gyp-build")', `(${binary})`)
        .replace("function _dirname() {", 'function _dirname() { return ".";');
    },
  },
];

/** What the fleet's client uses of aws-crt. An ES module, since a split-off CommonJS module exports only its default. */
export const FLEET_CRT_INDEX = {
  contents: `
    import * as io from "./dist/native/io";
    import * as mqtt5 from "./dist/native/mqtt5";
    export { io, mqtt5 };`,
  resolveDir: CRT,
};

/** Sources load the package by Node's own require, which a bundle would not follow. */
export const sqlitePackage = {
  name: "the package of SQLite",
  source: "src/fleet/store/sqlite-package.ts",
  resolve: { path: "sqlite-package", namespace: "sqlite-package" },
};
export const SQLITE_PACKAGE = {
  contents: `export const sqlitePackage = () => require("@photostructure/sqlite");`,
  resolveDir: TOP,
};
