// What the device bundle leaves out of its dependencies, or has them do otherwise, and why.
import { join } from "node:path";
import { CRT, TOP } from "./paths.mjs";
import { slimModel } from "./slim-model.mjs";

/**
 * Only the parts of aws-crt that the IPC client uses, its digests, and MQTT 5 on demand: the index loads 44 files and
 * runs `ldd` to choose a binary.
 */
export const slimCrt = {
  name: "the index of aws-crt",
  source: "aws-crt",
  resolve: { path: "aws-crt", namespace: "slim-crt" },
};
export const SLIM_CRT_MEMBERS = ["eventstream", "io", "CrtError", "cancel", "checksums", "crypto", "mqtt5"];
export const SLIM_CRT_INDEX = {
  contents: `
    exports.eventstream = require("./dist/native/eventstream");
    exports.io = require("./dist/native/io");
    exports.CrtError = require("./dist/native/error").CrtError;
    exports.cancel = require("./dist/common/cancel");
    exports.checksums = require("./dist/native/checksums");
    exports.crypto = require("./dist/native/crypto");
    let mqtt5;
    Object.defineProperty(exports, "mqtt5", {
      enumerable: true,
      get: () => (mqtt5 ??= require("./dist/native/mqtt5")),
    });`,
  resolveDir: CRT,
};

/** The changes that only the keeper needs: aws-crt and the logger are not in examiner.cjs. */
export const KEEPER_CHANGES = [
  {
    name: "MQTT over a WebSocket or a proxy",
    file: /aws-crt\/dist\/native\/http\.js$/,
    expects: ["exports.HttpProxyOptions"],
    change: () => "exports.unused = true;",
  },
  {
    name: "AWS's metrics about its own SDK",
    file: /aws-crt\/dist\/native\/aws_iot_metrics\.js$/,
    expects: ["create_metrics_mqtt5"],
    change: () => "exports.unused = true;",
  },
  {
    name: "the search for aws-crt's native part",
    file: /aws-crt\/dist\/native\/binding\.js$/,
    expects: ["process.env.AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH", "exports.default ="],
    change: () => `
      exports.__esModule = true;
      exports.default = require(process.env.AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH);`,
  },
  {
    // Two thirds of the model, 85 kB of the bundle, which stays in memory.
    name: "operations of the nucleus that are never called",
    file: /aws-iot-device-sdk-v2\/dist\/greengrasscoreipc\/model_utils\.js$/,
    expects: ["exports.makeServiceModel = makeServiceModel;", "function createOperationMap() {"],
    change: (text) => slimModel(text),
  },
  {
    // One assertion, for which Node would load 0.3 MB.
    name: "sonic-boom's use of node:assert",
    file: /sonic-boom\/index\.js$/,
    expects: ["require('assert')", "assert(typeof sonic.fd === 'number'"],
    change: (text) => text.replace("require('assert')", "(ok, text) => { if (!ok) throw new Error(text); }"),
  },
  {
    name: "pino's worker threads",
    file: /pino\/lib\/transport\.js$/,
    expects: ["module.exports = transport"],
    change: () => `module.exports = () => { throw new Error("Log transports are not part of this program"); };`,
  },
];

/** The changes in examiner.cjs: of AWS's client, gRPC and the scheduler. */
export const EXAMINER_CHANGES = [
  {
    name: "logins to AWS in a person's browser",
    file: /credential-provider-sso\/dist-es\/index\.js$/,
    expects: ["./fromSSO", "./isSsoProfile", "./validateSsoProfile"],
    change: () => `
      export const fromSSO = () => async () => {
        const error = new Error("SSO logins are not part of this program: use another kind of credentials");
        throw Object.assign(error, { name: "CredentialsProviderError", tryNextLink: true });
      };
      export const isSsoProfile = () => false;
      export const validateSsoProfile = (profile) => profile;`,
  },
  {
    // JetPack 4 has no newer Node, and the client is built in.
    name: "the warning that AWS's client will drop Node 16",
    file: /@aws-sdk\/core\/dist-es\/.*\/emitWarningIfUnsupportedVersion\.js$/,
    expects: ["process.emitWarning", "export const state"],
    change: () => `
      export const state = { warningEmitted: true };
      export const emitWarningIfUnsupportedVersion = () => undefined;`,
  },
  {
    name: "manifests of AWS's packages, but for their versions",
    file: /node_modules\/@(aws-sdk|smithy)\/[^/]+\/package\.json$/,
    expects: ['"version"'],
    change: (text) => JSON.stringify({ version: JSON.parse(text).version }),
    loader: "json",
  },
  {
    // It would load child_process for tasks in processes of their own, which we have none of, and costs each check 2 ms.
    name: "node-cron's processes",
    file: /node-cron\/dist\/node-cron\.js$/,
    expects: ["import { fork } from 'child_process';"],
    change: (text) =>
      text.replace(
        "import { fork } from 'child_process';",
        `const fork = () => { throw new Error("Tasks in processes of their own are not part of this program"); };`,
      ),
  },
  {
    // It asks ICU for the parts of a date, 15 ms at first use. Our schedules are in UTC, and those parts Date knows.
    name: "node-cron's use of ICU",
    file: /node-cron\/dist\/_shared\.js$/,
    expects: ["Intl.DateTimeFormat"],
    change: (text) => `import { Intl } from ${JSON.stringify(join(TOP, "src/bundle/utc-intl.ts"))};\n${text}`,
  },
];

/** gRPC's own inspection services would bring a protobuf runtime, a quarter of the packed text. */
export const protoLoader = {
  name: "gRPC's use of a protobuf runtime",
  source: "@grpc/proto-loader",
  resolve: { path: "@grpc/proto-loader", namespace: "no-proto-loader" },
};
export const NO_PROTO_LOADER = {
  contents: `exports.loadSync = () => { throw new Error("gRPC's inspection services are not part of this program"); };`,
};
