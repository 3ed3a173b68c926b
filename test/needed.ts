import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { DEBIANS, NEWEST } from "./postgres-engines.js";

const CDK = join(import.meta.dirname, "../examples/aws/node_modules/aws-cdk-lib");

/** Programs that some tests talk to, and the Debian package that brings each, or else the command. */
const PARTS = {
  mosquitto: { isHere: () => existsSync("/usr/sbin/mosquitto"), from: "mosquitto" },
  openssl: { isHere: () => onPath("openssl"), from: "openssl" },
  "AWS CLI": { isHere: () => onPath("aws"), from: "awscli" },
  python3: { isHere: () => onPath("python3"), from: "python3" },
  boto3: { isHere: () => spawnSync("python3", ["-c", "import boto3"]).status === 0, from: "python3-boto3" },
  script: { isHere: () => onPath("script"), from: "bsdutils" },
  "systemd-analyze": { isHere: () => onPath("systemd-analyze"), from: "systemd" },
  qemu: { isHere: () => onPath("qemu-aarch64-static"), from: "qemu-user-static" },
  PostgreSQL: {
    isHere: () => existsSync(join(DEBIANS.programs, "postgres")) && onPath("psql"),
    from: "postgresql",
  },
  "PostgreSQL 18": {
    isHere: () => existsSync(join(NEWEST.programs, "postgres")),
    by: "npm ci, on Linux with x64 or arm64",
  },
  sqlite3: { isHere: () => onPath("sqlite3"), from: "sqlite3" },
  chromium: { isHere: () => existsSync("/usr/bin/chromium"), from: "chromium" },
  "AWS CDK": { isHere: () => existsSync(CDK), by: "npm ci --prefix examples/aws" },
  mandoc: { isHere: () => onPath("mandoc"), from: "mandoc" },
  bash: { isHere: () => onPath("bash"), from: "bash" },
  zsh: { isHere: () => onPath("zsh"), from: "zsh" },
  fish: { isHere: () => onPath("fish"), from: "fish" },
  promtool: { isHere: () => onPath("promtool"), from: "prometheus" },
} as const;
export type Part = keyof typeof PARTS;

/** In CI nothing is skipped: a test that lacks a part fails there. */
export const mustRun = !["", "false", "0"].includes(process.env.CI ?? "");

/** Whether tests that need these parts are to be skipped on this machine. Never in CI. */
export function lacks(...parts: readonly Part[]): boolean {
  return !mustRun && parts.some((part) => !isHere(part));
}

/** One line for each part that this machine lacks: what is skipped, or fails in CI, and how to get it. */
export function missingParts(): string[] {
  const missing = (Object.keys(PARTS) as Part[]).filter((part) => !isHere(part));
  const outcome = mustRun ? "will fail" : "are skipped";
  return missing.map((part) => `${part} is not installed: its tests ${outcome} (${commandFor(PARTS[part])})`);
}

function commandFor(part: (typeof PARTS)[Part]): string {
  return "by" in part ? part.by : `apt-get install ${part.from}`;
}

const answers = new Map<Part, boolean>();
function isHere(part: Part): boolean {
  const known = answers.get(part) ?? PARTS[part].isHere();
  answers.set(part, known);
  return known;
}

function onPath(program: string): boolean {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => folder !== "" && existsSync(join(folder, program)));
}
