import { countOf } from "../../base/text.js";
import { parseVersion } from "../../base/version.js";
import type { PackagingJob } from "../../job/job.js";
import { JETSON_XAVIER, PATHS } from "../../job/requirements.js";
import type { Finding, Severity } from "../finding.js";
import { parseGpuArchitecture } from "../gpu-codes.js";
import {
  drift,
  match,
  NO_DESCRIPTION,
  notApplicable,
  type Question,
  type Statement,
  unknown,
} from "../make-finding.js";
import { SOURCES } from "../sources.js";

const DAY_MS = 86_400_000;

/** `job.status`: a package exists only when the job succeeded. */
export function jobStatus({ job }: Question): Finding {
  if (job === null) return notApplicable("job.status", PATHS.status, NO_DESCRIPTION);
  const statement: Omit<Statement, "because"> = {
    rule: "job.status",
    path: PATHS.status,
    expected: "SUCCEEDED",
    actual: job.status,
    evidence: [...memberEvidence("Status", job.status), { from: "rule", value: SOURCES.status }],
  };
  const why = job.statusMessage ? `: ${job.statusMessage}` : "";
  switch (job.status) {
    case "SUCCEEDED":
      return match(statement, "The packaging job succeeded, so its package exists");
    case "FAILED":
      return drift("BLOCKING", statement, `The packaging job failed, so there is no package to run${why}`);
    case "CREATED":
    case "RUNNING":
      return drift(
        "ERROR",
        statement,
        `The packaging job had not ended when it was described (${job.status}), so it may have left no package`,
      );
    case null:
      return unknown(statement, "The description does not say whether the packaging job succeeded");
    default:
      return unknown(statement, `The status "${job.status}" is not one of the service's API`);
  }
}

/** `job.consistent`: what the description says about itself; one finding for each contradiction. */
export function jobConsistent({ job }: Question): Finding[] {
  if (job === null) return [notApplicable("job.consistent", PATHS.description, NO_DESCRIPTION)];
  const found = [...targetFindings(job), ...identityFindings(job), ...problemFindings(job)];
  if (found.length > 0) return found;
  return [
    match(
      {
        rule: "job.consistent",
        path: PATHS.description,
        expected: null,
        actual: null,
        evidence: [{ from: "rule", value: SOURCES.api }],
      },
      "The description does not contradict itself",
    ),
  ];
}

/** `job.source-age`: whether a stored copy was used in place of the source. Never a drift, never decides. */
export function jobSourceAge({ job, origin, now, maxCopyAgeDays }: Question): Finding {
  if (job === null) return notApplicable("job.source-age", PATHS.description, NO_DESCRIPTION);
  if (origin === null) {
    return notApplicable("job.source-age", PATHS.description, "The description's age does not matter for this check");
  }
  const statement: Omit<Statement, "because" | "actual"> = {
    rule: "job.source-age",
    path: PATHS.description,
    expected: "a fresh answer",
    evidence: [
      { from: origin.source, value: `fetched at ${origin.fetchedAt}` },
      { from: "rule", value: SOURCES.age },
    ],
  };
  const actual = `a copy of ${origin.fetchedAt}`;
  if (origin.stale === null) {
    return match({ ...statement, actual: "a fresh answer" }, `The description was read from ${origin.source}`);
  }
  const days = Math.floor((Date.parse(now) - Date.parse(origin.fetchedAt)) / DAY_MS);
  const age = Number.isFinite(days) && days >= 0 ? `${countOf(days, "day")} old` : "of unknown age";
  const because = `The source did not answer (${origin.stale.reason}), so the last good copy is used, which is ${age}`;
  // A service that has ended will never answer again: that says nothing about this copy.
  const renewable = origin.stale.reason !== "GONE";
  const old = maxCopyAgeDays !== undefined && !(days <= maxCopyAgeDays);
  if (renewable && old) {
    return unknown({ ...statement, actual }, `${because}; at most ${maxCopyAgeDays} days are allowed`, "WARNING");
  }
  return unknown({ ...statement, actual }, because, "INFO");
}

function targetFindings(job: PackagingJob): Finding[] {
  const found: Finding[] = [];
  const platform = job.targetPlatform;
  const code = parseGpuArchitecture(job.compilerOptions.gpuCode);
  if (job.targetDevice !== null && platform !== null) {
    found.push(
      contradiction(
        "ERROR",
        PATHS.platform,
        "a target device or a target platform",
        "both",
        "The job names a target device and a target platform, though only one may be given; both are compared",
      ),
    );
  }
  if (job.targetDevice === null && platform === null) {
    found.push(
      unknown(
        {
          rule: "job.consistent",
          path: PATHS.target,
          expected: "a target device or a target platform",
          actual: null,
          evidence: [{ from: "rule", value: SOURCES.api }],
        },
        "The description names neither a target device nor a target platform, so it does not say what the package was made for",
      ),
    );
  }
  if (platform?.arch === "X86_64" && code?.tegra) {
    found.push(
      contradiction(
        "ERROR",
        PATHS.gpuCode,
        "code for a desktop GPU",
        code.text,
        `The job asks for x86_64 and for ${code.text}, which only a Jetson runs: no machine is both`,
      ),
    );
  }
  if (job.targetDevice === JETSON_XAVIER && code !== null && code.text !== "sm_72") {
    found.push(
      contradiction(
        "ERROR",
        PATHS.gpuCode,
        "sm_72",
        code.text,
        `The job's target device is jetson_xavier, whose GPU runs sm_72, but its options ask for ${code.text}`,
      ),
    );
  }
  if (platform !== null && platform.accelerator === null && job.targetDevice === null && hasGpuOptions(job)) {
    found.push(
      contradiction(
        "WARNING",
        PATHS.options,
        "no GPU options without an accelerator",
        "GPU options",
        "The job names no accelerator, so its model runs on the CPU, but its options name GPU code or libraries, which are not compared",
      ),
    );
  }
  return found;
}

function identityFindings(job: PackagingJob): Finding[] {
  const found: Finding[] = [];
  const { output, configured } = job;
  if (output?.name && configured.name && output.name !== configured.name) {
    found.push(
      contradiction(
        "WARNING",
        PATHS.outputName,
        configured.name,
        output.name,
        `The job was to make component ${configured.name}, but its output names ${output.name}; the output counts`,
      ),
    );
  }
  if (output?.version && configured.version && !sameVersion(output.version, configured.version)) {
    found.push(
      contradiction(
        "WARNING",
        PATHS.outputVersion,
        configured.version,
        output.version,
        `The job was to make version ${configured.version}, but its output names ${output.version}; the output counts`,
      ),
    );
  }
  return found;
}

function problemFindings(job: PackagingJob): Finding[] {
  return job.problems.map((problem) =>
    contradiction(
      "WARNING",
      problem.path,
      problem.needed,
      problem.found,
      `The description has ${problem.found} where the service's API has ${problem.needed}`,
    ),
  );
}

function contradiction(severity: Severity, path: string, expected: string, actual: string, because: string): Finding {
  return drift(
    severity,
    {
      rule: "job.consistent",
      path,
      expected,
      actual,
      evidence: [
        { from: "job", value: actual },
        { from: "rule", value: SOURCES.api },
      ],
    },
    because,
  );
}

function hasGpuOptions({ compilerOptions }: PackagingJob): boolean {
  return (compilerOptions.gpuCode ?? compilerOptions.cudaVer ?? compilerOptions.trtVer) !== null;
}

// The API's pattern allows leading zeros: 1.0.0 and 01.0.0 are the same version.
function sameVersion(a: string, b: string): boolean {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (left === null || right === null) return a === b;
  return left.length === right.length && left.every((part, i) => part === right[i]);
}

function memberEvidence(member: string, value: string | null) {
  return [{ from: `job ${member}`, value: value ?? "none" }];
}
