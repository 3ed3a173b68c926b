/**
 * A packaged model to check: by its packaging job, by its component (with a project: by the job that made the deployed
 * version), or by its SageMaker compilation job, with or without the component that holds what was compiled.
 */
export interface JobChoice {
  /** Null: no packaging job is looked up. */
  readonly project: string | null;
  readonly job: string | null;
  readonly component: string | null;
  readonly compilationJob: string | null;
}

/** The source of job descriptions. */
export interface SourceSettings {
  /**
   * `api`: the service. `archive`: anything that answers like it. `file`: saved answers. `sagemaker`: compilation jobs of
   * SageMaker. `model`: none, only the packaged models' own files. `auto`: whatever is named, else the service, then the model's
   * files.
   */
  readonly type: "auto" | "api" | "archive" | "file" | "model" | "sagemaker";
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly path: string | null;
}

/** The MQTT transport's broker and credentials. Files are PEM. */
export interface MqttSettings {
  readonly endpoint: string;
  readonly port: number;
  /** Null: the thing's name followed by `-packdrift`. */
  readonly clientId: string | null;
  readonly cert: string;
  readonly key: string;
  /** Null: the system's own certificate authorities. */
  readonly ca: string | null;
}

/** A finding that the operator accepts. */
export interface WaiverSettings {
  readonly rule: string;
  readonly path: string | null;
  readonly reason: string;
  /** ISO 8601; null: it never expires. */
  readonly expires: string | null;
}

/** How many checks in a row raise a rule's finding, and how many clear it. */
export interface DampingSettings {
  readonly rule: string;
  readonly raiseAfter: number;
  readonly clearAfter: number;
}

/** All settings, parsed, with defaults filled in. */
export interface Settings {
  /** Empty: every packaged model on the device. */
  readonly jobs: readonly JobChoice[];
  readonly source: SourceSettings;
  readonly schedule: string;
  readonly jitterSeconds: number;
  readonly heartbeatHours: number;
  readonly topicPrefix: string;
  readonly commandPrefix: string;
  readonly echoSeconds: number;
  readonly watchSeconds: number;
  readonly transport: "ipc" | "mqtt";
  readonly mqtt: MqttSettings | null;
  readonly signingKey: string | null;
  readonly shadow: boolean;
  readonly localTopic: string | null;
  readonly cloudwatchMetrics: string | null;
  readonly vetoBadConfiguration: boolean;
  readonly deployedVersion: readonly string[];
  readonly edgeAgentSocket: string;
  readonly waivers: readonly WaiverSettings[];
  readonly damping: readonly DampingSettings[];
  readonly maxCopyAgeDays: number;
  readonly maxMessageBytes: number;
  readonly outboxMaxBytes: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}
