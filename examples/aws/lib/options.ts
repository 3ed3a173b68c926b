import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What a stack is made with: `cdk deploy -c NAME=VALUE`. */
export interface Options {
  /** The folder of the built function, fleet-lambda.mjs. */
  readonly code: string;
  /** Where devices publish, and where they receive commands. */
  readonly topicPrefix: string;
  readonly commandPrefix: string;
  readonly heartbeatHours: number;
  /** A folder with THING.pem for each thing that signs; null: signatures are not checked. */
  readonly keys: string | null;
  /** How many connections the database has for packdrift. */
  readonly connections: number;
  readonly database: Aurora | OwnDatabase;
  /** The ARN of a topic of SNS that alarms are sent to; null: alarms only change their state. */
  readonly alarmTopic: string | null;
  readonly page: Page | null;
}

/** A database that the stack makes, in a VPC of its own. */
export interface Aurora {
  readonly kind: "aurora";
  /** In Aurora capacity units, 2 GiB of memory each. */
  readonly minCapacity: number;
  readonly maxCapacity: number;
}

/** An existing database. */
export interface OwnDatabase {
  readonly kind: "own";
  /** The ARN of a secret that holds its address, postgres://…. */
  readonly secret: string;
  /** Where it can be reached; null: from the Internet. */
  readonly network: Network | null;
}

export interface Network {
  readonly vpcId: string;
  /** With a route to the Internet: the function calls IoT Core and Secrets Manager. */
  readonly subnetIds: readonly string[];
  /** One that the database lets in. */
  readonly securityGroupId: string;
}

/** The page as a container. */
export interface Page {
  /** The ARN of a secret with the text of a file for --tokens. */
  readonly tokens: string;
  /** The ARN of a certificate of AWS Certificate Manager. */
  readonly certificate: string;
  /** Whether it can be reached from the Internet. */
  readonly isPublic: boolean;
}

const DIST = fileURLToPath(new URL("../../../dist", import.meta.url));
const NAMES = [
  ...["code", "topicPrefix", "commandPrefix", "heartbeatHours", "keys", "connections", "alarmTopic"],
  ...["minCapacity", "maxCapacity", "databaseSecret", "vpcId", "subnetIds", "securityGroupId"],
  ...["pageTokens", "pageCertificate", "pagePublic"],
] as const;
type Name = (typeof NAMES)[number];

/** Reads the options from the context; throws an error that says what to change. */
export function readOptions(context: (name: Name) => unknown): Options {
  const text = (name: Name): string | null => {
    const value = context(name);
    return value === undefined || value === null || value === "" ? null : String(value);
  };
  const number = (name: Name, usual: number, least: number, most: number): number => {
    const value = Number(text(name) ?? usual);
    return value >= least && value <= most ? value : refuse(name, `must be ${least} to ${most}, is "${text(name)}"`);
  };
  const matching = (name: Name, pattern: RegExp, needed: string): string | null => {
    const value = text(name);
    // Not shown: the value may be the secret itself instead of its name.
    return value === null || pattern.test(value) ? value : refuse(name, `must be ${needed}`);
  };
  const folder = (name: Name, usual: string | null): string | null => {
    const value = text(name) ?? usual;
    return value === null || existsSync(value) ? value : refuse(name, `there is no folder "${value}"`);
  };
  const code = folder("code", DIST) ?? DIST;
  if (!existsSync(`${code}/fleet-lambda.mjs`))
    refuse("code", `there is no fleet-lambda.mjs in "${code}": npm run build`);
  const database = databaseOf(matching, number, text);
  return {
    code,
    topicPrefix: matching("topicPrefix", PREFIX, "1 to 4 levels without wildcards") ?? "dt/packdrift/v1",
    commandPrefix: matching("commandPrefix", PREFIX, "1 to 4 levels without wildcards") ?? "cmd/packdrift/v1",
    heartbeatHours: number("heartbeatHours", 24, 1, 9_999),
    keys: folder("keys", null),
    connections: number("connections", 100, 20, 5_000),
    database,
    alarmTopic: matching("alarmTopic", arnOf("sns"), "the ARN of a topic of SNS"),
    page: pageOf(matching, text, database),
  };
}

// As the option --topic-prefix of packdrift fleet has it; a quote would end the rule's text.
const PREFIX = /^(?!\$)[^+#/'\s]{1,60}(\/[^+#/'\s]{1,60}){0,3}$/;
const arnOf = (service: string) => new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:[0-9]{12}:.+$`);

type Matching = (name: Name, pattern: RegExp, needed: string) => string | null;
type Text = (name: Name) => string | null;

function databaseOf(
  matching: Matching,
  number: (name: Name, usual: number, least: number, most: number) => number,
  text: Text,
): Aurora | OwnDatabase {
  const secret = matching("databaseSecret", arnOf("secretsmanager"), "the ARN of a secret");
  const network = networkOf(matching, text);
  if (secret !== null) return { kind: "own", secret, network };
  if (network !== null) refuse("vpcId", "it is for a database of yours: databaseSecret is missing");
  const minCapacity = number("minCapacity", 0.5, 0, 256);
  return { kind: "aurora", minCapacity, maxCapacity: number("maxCapacity", 4, Math.max(1, minCapacity), 256) };
}

function networkOf(matching: Matching, text: Text): Network | null {
  const vpcId = matching("vpcId", /^vpc-[0-9a-f]{8,17}$/, "the id of a VPC");
  const subnetIds = matching(
    "subnetIds",
    /^subnet-[0-9a-f]{8,17}(,subnet-[0-9a-f]{8,17})*$/,
    "ids of subnets with commas between",
  );
  const securityGroupId = matching("securityGroupId", /^sg-[0-9a-f]{8,17}$/, "the id of a security group");
  if (vpcId !== null && subnetIds !== null && securityGroupId !== null)
    return { vpcId, subnetIds: subnetIds.split(","), securityGroupId };
  for (const name of ["vpcId", "subnetIds", "securityGroupId"] as const)
    if (text(name) !== null) refuse(name, "vpcId, subnetIds and securityGroupId go together");
  return null;
}

function pageOf(matching: Matching, text: Text, { kind }: Aurora | OwnDatabase): Page | null {
  const tokens = matching("pageTokens", arnOf("secretsmanager"), "the ARN of a secret");
  const certificate = matching("pageCertificate", arnOf("acm"), "the ARN of a certificate");
  if ((tokens === null) !== (certificate === null))
    refuse(tokens === null ? "pageTokens" : "pageCertificate", "pageTokens and pageCertificate go together");
  const isPublic = matching("pagePublic", /^(yes|no)$/, '"yes" or "no"') === "yes";
  if (tokens !== null && kind === "own")
    refuse(
      "pageTokens",
      "the container is for the stack's own database; run packdrift fleet where yours can be reached",
    );
  if (tokens !== null && certificate !== null) return { tokens, certificate, isPublic };
  return text("pagePublic") === null ? null : refuse("pagePublic", "pageTokens and pageCertificate are missing");
}

function refuse(name: Name, why: string): never {
  throw new Error(`Cannot use -c ${name}=…: ${why}`);
}
