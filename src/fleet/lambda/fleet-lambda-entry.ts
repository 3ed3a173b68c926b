import { UsageError } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { guardedStore } from "../feed/guarded-store.js";
import { newRequestId } from "../feed/request-id.js";
import { TOPIC_PREFIXES } from "../ingest/fleet-topics.js";
import { openPostgres } from "../store/open-postgres.js";
import { openPostgresSession } from "../store/postgres-session.js";
import type { StoreOptions } from "../store/store-options.js";
import { databaseAddress } from "./database-address.js";
import { iotPublisher } from "./iot-publisher.js";
import { jsonLog } from "./json-log.js";
import { type BatchReply, receiveQueue } from "./receive-queue.js";
import { reopenedStore } from "./reopened-store.js";
import { secretValue } from "./secret-value.js";
import type { AwsClientConfig } from "./signed-call.js";
import { takeDevicesDuty } from "./taken-duty.js";
import { runUpkeep, type UpkeepParts } from "./upkeep.js";
import { withAddress } from "./with-address.js";

/** What Lambda tells a function about the call. */
interface Context {
  getRemainingTimeInMillis(): number;
}

type Handler = (event: unknown, context: Context) => Promise<BatchReply | null>;

/**
 * The fleet's receiver as an AWS Lambda function, called by a queue of Amazon SQS, and by a schedule with the event
 * `{"upkeep": true}`. Its settings: docs/fleet-aws.md. Throws for other events, and if its settings are wrong.
 */
export const handler: Handler = async (event, context) => {
  // Made for the first event and used for all later ones.
  made ??= fleetHandler(process.env);
  return made(event, context);
};
let made: Handler | undefined;

/** The time reserved for what remains to be done after the store has answered or failed. */
const RESERVE_MS = 5_000;

function fleetHandler(env: Environment): Handler {
  const { secret, options, iot, secrets, region } = settingsOf(env);
  const client: AwsClientConfig = { region, key: () => keyOf(env), now: Date.now, random: Math.random };
  // Not with the console: Lambda would put text before each line.
  const log = jsonLog((line) => process.stdout.write(line), Date.now);
  let leftMs = () => 0;
  let known: string | null = null;
  const address = async (again: boolean) => {
    if (known === null || again) known = databaseAddress(await secretValue(secrets, secret, client));
    return known;
  };
  const store = reopenedStore({
    leftMs: () => leftMs() - RESERVE_MS,
    address,
    open: async (url) => guardedStore(await openPostgres(url, options)),
  });
  const parts: UpkeepParts = {
    store,
    log,
    publish: iotPublisher(iot, client),
    prefixes: options.prefixes,
    now: Date.now,
    newId: newRequestId,
    hasTime: () => leftMs() > RESERVE_MS,
    async takeDuty() {
      // The store first, whose error says why the database is unreachable. A store that stays open says nothing about
      // the address.
      await store.use(async () => {});
      return takeDevicesDuty((events) => withAddress(address, (url) => openPostgresSession(url, events)));
    },
  };
  return async (event, context) => {
    leftMs = () => context.getRemainingTimeInMillis();
    if (!isObject(event) || event.upkeep !== true) return receiveQueue(event, parts);
    await runUpkeep(parts);
    return null;
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

function settingsOf(env: Environment) {
  const { AWS_REGION: region = "", PACKDRIFT_DATABASE_SECRET: secret = "" } = env;
  if (region === "") throw new UsageError("Cannot receive: AWS_REGION is not set");
  if (secret === "") throw new UsageError("Cannot receive: PACKDRIFT_DATABASE_SECRET is not set");
  const hours = env.PACKDRIFT_HEARTBEAT_HOURS ?? "24";
  if (!/^[0-9]{1,4}$/.test(hours) || Number(hours) === 0)
    throw new UsageError(`Cannot receive: PACKDRIFT_HEARTBEAT_HOURS must be a whole number from 1, is "${hours}"`);
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const options = {
    prefixes: {
      data: env.PACKDRIFT_TOPIC_PREFIX ?? TOPIC_PREFIXES.data,
      commands: env.PACKDRIFT_COMMAND_PREFIX ?? TOPIC_PREFIXES.commands,
    },
    keys: env.PACKDRIFT_KEYS ?? null,
    heartbeatHours: Number(hours),
  } satisfies StoreOptions;
  return {
    region,
    secret,
    options,
    // The variables with which AWS's own clients are given other endpoints.
    iot: env.AWS_ENDPOINT_URL_IOT_DATA_PLANE ?? `https://data-ats.iot.${region}.${domain}`,
    secrets: env.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? `https://secretsmanager.${region}.${domain}`,
  };
}

/** The role's key: Lambda puts it into the environment, and starts another instance before it expires. */
function keyOf({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }: Environment) {
  return {
    accessKeyId: AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: AWS_SECRET_ACCESS_KEY ?? "",
    sessionToken: AWS_SESSION_TOKEN ?? null,
  };
}
