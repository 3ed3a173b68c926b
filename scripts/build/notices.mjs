// THIRD-PARTY-NOTICES.txt: the licence texts and notices of third-party code that we distribute.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LINKED } from "./contents.mjs";
import { TOP } from "./paths.mjs";

const RULE = "-".repeat(100);

/** The notices for these packages, each licence text once with all packages that come under it. */
export function thirdPartyNotices(packages) {
  const apache = readFileSync(join(TOP, "LICENSE"), "utf8").trim();
  const byText = new Map();
  for (const each of packages) {
    const text = each.license === "Apache-2.0" ? apache : each.text;
    byText.set(text, [...(byText.get(text) ?? []), each]);
  }
  const licences = [...byText].map(([text, under]) => [...new Set(under.map(titleOf)), "", text].join("\n"));
  const notices = packages
    .filter(({ notice }) => notice !== null)
    .map((each) => `Notice of ${each.name} ${each.version}\n\n${each.notice}`);
  const natives = packages.flatMap(({ name }) => NATIVES[name] ?? []);
  return [INTRODUCTION, ...notices, ...natives, ...licences].join(`\n\n${RULE}\n\n`).concat("\n");
}

const titleOf = ({ name, version, license }) => `${name} ${version} (${license})`;

const INTRODUCTION = `packdrift is distributed with software of others. These are their notices and licences.
packdrift itself comes under the Apache License 2.0.`;

const NATIVES = {
  "aws-crt": `aws-crt-x64.node and aws-crt-arm64.node are the native part of aws-crt as AWS builds it. AWS links into it
${LINKED["aws-crt"].join(", ")}.
These come under the Apache License 2.0, aws-lc under its own collection of licences, all permissive:
https://github.com/aws/aws-lc/blob/main/LICENSE`,
  "@photostructure/sqlite": `sqlite-x64.node and sqlite-arm64.node are the native part of @photostructure/sqlite as its authors build it. It holds
SQLite, which is in the public domain.`,
};
