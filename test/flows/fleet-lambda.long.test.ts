import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { awsEndpoint, ROLE, type Signed } from "../fleet/lambda/aws-endpoint.js";
import { eventOf, eventOfMessages, sqsRecord } from "../fleet/lambda/queue-records.js";
import { complete, messageOf } from "../fleet/store/fleet-messages.js";
import { sharedPostgres } from "../fleet/store/postgres-server.js";
import { lacks } from "../needed.js";
import { TOP } from "./flow-parts.js";

interface Ran {
  /** What each call resolved to, or the message of its error. */
  readonly results: readonly unknown[];
  readonly logged: string;
}

describe.skipIf(lacks("PostgreSQL"))("the fleet's receiver as a Lambda function", () => {
  let address: string;
  /** What Secrets Manager answers, one after the other. */
  let secrets: string[];
  let aws: Awaited<ReturnType<typeof awsEndpoint>>;
  beforeEach(async () => {
    address = await (await sharedPostgres()).database();
    secrets = [address];
    aws = await awsEndpoint(({ service }) =>
      service === "secretsmanager"
        ? { body: JSON.stringify({ SecretString: secrets.length > 1 ? secrets.shift() : secrets[0] }) }
        : {},
    );
    onTestFinished(() => aws.close());
  });

  /** Calls the built function in a process of its own, with one event after the other, as Lambda does; an event may be SQL. */
  function invoke(events: readonly object[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const script = `
      const { handler } = await import(${JSON.stringify(join(TOP, "dist/fleet-lambda.mjs"))});
      const context = { getRemainingTimeInMillis: () => 60_000 };
      const query = async ({ sql }) => {
        const { default: pg } = await import("pg");
        const client = new pg.Client({ connectionString: ${JSON.stringify(address)} });
        await client.connect();
        await client.query(sql);
        await client.end();
      };
      const results = [];
      for (const event of ${JSON.stringify(events)})
        results.push(await (event.sql === undefined ? handler : query)(event, context).catch((error) => error.message));
      process.stderr.write(JSON.stringify(results));
      process.exit();`;
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        cwd: TOP,
        env: {
          PATH: process.env.PATH ?? "",
          ...ROLE,
          AWS_REGION: "eu-central-1",
          AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
          AWS_ENDPOINT_URL_IOT_DATA_PLANE: aws.url,
          PACKDRIFT_DATABASE_SECRET: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:fleet",
          ...env,
        },
      });
      let [logged, told] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        logged += text;
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        told += text;
      });
      child.once("close", () => {
        try {
          resolve({ results: JSON.parse(told), logged });
        } catch {
          reject(new Error(told));
        }
      });
    });
  }

  const asked = (service: string): readonly Signed[] => aws.requests.filter((each) => each.service === service);
  const topics = () => asked("iotdata").map(({ url }) => decodeURIComponent(url.replace(/^\/topics\/|\?.*$/g, "")));
  const NO_FAILURES = { batchItemFailures: [] };

  it("stores, acknowledges, and reads the secret once for all calls", async () => {
    const { results, logged } = await invoke([
      eventOfMessages(messageOf(complete({ sequence: 1 })), messageOf(complete({ sequence: 2 }))),
      eventOf(sqsRecord("m1", "{")),
      { upkeep: true },
    ]);

    expect(results).toEqual([NO_FAILURES, NO_FAILURES, null]);
    expect(topics()).toEqual(["cmd/packdrift/v1/box-1/ack/req", "cmd/packdrift/v1/box-1/facts/req"]);
    expect(asked("secretsmanager").length).toBe(1);
    // What the alarm on refused messages counts: a line that is JSON and nothing else.
    const lines = logged
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ event }) => event === "queue.stored").map(({ refused }) => refused)).toEqual([0, 1]);
  });

  it("reads the secret again when the database refuses the user, as after a rotation", async () => {
    secrets = [address.replace("packdrift@", "retired:old@"), address];
    const { results } = await invoke([eventOfMessages(messageOf(complete()))]);

    expect([results, asked("secretsmanager").length]).toEqual([[NO_FAILURES], 2]);
  });

  it("reads the secret again for the upkeep's session while the store's connection stays open", async () => {
    const role = `rotated_${randomBytes(4).toString("hex")}`;
    const old = address.replace("packdrift@", `${role}:old@`);
    secrets = [old, address];
    const { results } = await invoke([
      { sql: `CREATE ROLE ${role} LOGIN SUPERUSER` },
      eventOfMessages(messageOf(complete())),
      { sql: `ALTER ROLE ${role} NOLOGIN` },
      { upkeep: true },
    ]);

    expect([results, asked("secretsmanager").length]).toEqual([[null, NO_FAILURES, null, null], 2]);
  });

  it("continues with a new connection after the server has closed its own", async () => {
    const { results } = await invoke([
      eventOfMessages(messageOf(complete())),
      {
        sql: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      },
      eventOfMessages(messageOf(complete({ sequence: 2 }))),
    ]);

    expect(results).toEqual([NO_FAILURES, null, NO_FAILURES]);
  });

  it("fails every call while the database is out of reach, without showing its password", async () => {
    secrets = ["postgres://packdrift:hunter2@127.0.0.1:1/fleet"];
    const { results, logged } = await invoke([eventOfMessages(messageOf(complete())), { upkeep: true }]);

    const why = "Cannot connect to PostgreSQL: the connection was refused: nothing listens there (ECONNREFUSED)";
    expect(results).toEqual([why, why]);
    expect(logged).not.toContain("hunter2");
    expect(topics()).toEqual([]);
  });

  it("accepts other topics, and endpoints of its region", async () => {
    const report = { ...messageOf(complete()), topic: "plant/drift/box-1/report" };
    await invoke([eventOfMessages(report)], {
      PACKDRIFT_TOPIC_PREFIX: "plant/drift",
      PACKDRIFT_COMMAND_PREFIX: "plant/commands",
    });

    expect(topics()).toEqual(["plant/commands/box-1/ack/req", "plant/commands/box-1/facts/req"]);
  });

  it.each([
    [{ AWS_REGION: "" }, "Cannot receive: AWS_REGION is not set"],
    [{ PACKDRIFT_DATABASE_SECRET: "" }, "Cannot receive: PACKDRIFT_DATABASE_SECRET is not set"],
    [
      { PACKDRIFT_HEARTBEAT_HOURS: "0" },
      'Cannot receive: PACKDRIFT_HEARTBEAT_HOURS must be a whole number from 1, is "0"',
    ],
  ])("does not start with %j", async (env, why) => {
    expect((await invoke([{ upkeep: true }], env)).results).toEqual([why]);
  });
});
