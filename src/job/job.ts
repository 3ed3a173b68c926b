/** The compiler options of a job, as far as they could be read. The text is kept as the service gave it. */
export interface CompilerOptions {
  /** none: the job has none. json: valid JSON. tolerated: single-quoted or otherwise loose. unparseable: see `problem`. */
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
  /** Members that have a wrong type or form, each in one sentence; the text itself when unparseable. */
  readonly problems: readonly string[];
}

/** Something in an answer that is not as the service's model says, kept for a finding. */
export interface JobProblem {
  /** Property path as AWS spells it. */
  readonly path: string;
  readonly found: string;
  readonly needed: string;
}

/** A component's identity as one part of the job states it; null where it does not. */
export interface ComponentIdentity {
  readonly name: string | null;
  readonly version: string | null;
}

/** A model packaging job: what the package was made for. Null means that the description does not say. */
export interface PackagingJob {
  readonly project: string | null;
  readonly name: string | null;
  readonly modelVersion: string | null;
  /** `CREATED` `RUNNING` `SUCCEEDED` `FAILED`, or what else the source said. */
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
  /** In the order met. */
  readonly problems: readonly JobProblem[];
}

/** Where a job's description came from and how fresh it is. */
export interface JobOrigin {
  /** `api https://… `, `file /etc/…`, … */
  readonly source: string;
  /** When the source gave it: ISO 8601, UTC. */
  readonly fetchedAt: string;
  /** SHA-256 of the canonical answer, hexadecimal. */
  readonly digest: string;
  /** Why the last good copy is used instead of a fresh answer; null when fresh. */
  readonly stale: { readonly reason: string; readonly message: string } | null;
}
