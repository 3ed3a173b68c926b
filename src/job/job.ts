/** The compiler options of a job, as far as they could be read, with the text unchanged. */
export interface CompilerOptions {
  /** none: the job has no options. json: valid JSON. tolerated: single-quoted or otherwise loose. unparseable: see `problems`. */
  readonly form: "none" | "json" | "tolerated" | "unparseable";
  readonly text: string | null;
  /** `sm_72`, from `gpu-code` or Neo's `gpu_code`. */
  readonly gpuCode: string | null;
  /** `8.2.1` or `8.4` */
  readonly trtVer: string | null;
  /** `10.2` */
  readonly cudaVer: string | null;
  /** `core-avx2` */
  readonly mcpu: string | null;
  /** `["+neon"]`; empty when not given. */
  readonly mattr: readonly string[];
  /** Keys that packdrift does not compare, with their values as text, in the job's order. */
  readonly other: Readonly<Record<string, string>>;
  /** Members of a wrong type or form, one sentence each; when unparseable, why. */
  readonly problems: readonly string[];
}

/** A member of an answer that does not follow the service's model; becomes a finding. */
export interface JobProblem {
  /** Property path as AWS spells it. */
  readonly path: string;
  readonly found: string;
  readonly needed: string;
}

/** A component's identity as one part of the job states it; null where it states nothing. */
export interface ComponentIdentity {
  readonly name: string | null;
  readonly version: string | null;
}

/** A model packaging job: what the package was made for. Null means that the description does not say. */
export interface PackagingJob {
  readonly project: string | null;
  readonly name: string | null;
  readonly modelVersion: string | null;
  /** `CREATED` `RUNNING` `SUCCEEDED` `FAILED`, or another value, unchanged. */
  readonly status: string | null;
  readonly statusMessage: string | null;
  readonly description: string | null;
  readonly method: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  /** The Greengrass component: output details, else configuration, else the service's default version `<ModelVersion>.0.0`. */
  readonly component: ComponentIdentity & { readonly versionFrom: "OUTPUT" | "CONFIGURATION" | "DEFAULT" | null };
  readonly configured: ComponentIdentity;
  readonly output: (ComponentIdentity & { readonly arn: string | null }) | null;
  readonly targetDevice: string | null;
  readonly targetPlatform: {
    readonly os: string | null;
    readonly arch: string | null;
    readonly accelerator: string | null;
  } | null;
  readonly compilerOptions: CompilerOptions;
  /** In the order found. */
  readonly problems: readonly JobProblem[];
}

/** Where a job's description came from and how fresh it is. */
export interface JobOrigin {
  /** `api https://… `, `file /etc/…`, … */
  readonly source: string;
  /** When it was fetched from the source: ISO 8601, UTC. */
  readonly fetchedAt: string;
  /** SHA-256 of the canonical answer, hexadecimal. */
  readonly digest: string;
  /** Why the last good copy is used instead of a fresh answer; null when fresh. */
  readonly stale: { readonly reason: string; readonly message: string } | null;
}
