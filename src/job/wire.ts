// The wire shapes of Amazon Lookout for Vision, API version 2020-11-20, in AWS's spelling. Every member of every answer is
// optional on the wire, including the wrapper; times are epoch seconds with a fraction.

/** An answer of DescribeModelPackagingJob. */
export interface DescribeAnswer {
  readonly ModelPackagingDescription?: ModelPackagingDescription;
}

/** An answer of ListModelPackagingJobs. */
export interface ListAnswer {
  readonly ModelPackagingJobs?: readonly ModelPackagingJobMetadata[];
  readonly NextToken?: string;
}

/** One job in a list: the scalars of a description, without configuration and output. */
export interface ModelPackagingJobMetadata {
  readonly JobName?: string;
  readonly ProjectName?: string;
  readonly ModelVersion?: string;
  readonly ModelPackagingJobDescription?: string;
  readonly ModelPackagingMethod?: string;
  /** `CREATED` `RUNNING` `SUCCEEDED` `FAILED` */
  readonly Status?: string;
  readonly StatusMessage?: string;
  readonly CreationTimestamp?: number;
  readonly LastUpdatedTimestamp?: number;
}

/** One job in full. */
export interface ModelPackagingDescription extends ModelPackagingJobMetadata {
  readonly ModelPackagingConfiguration?: { readonly Greengrass?: GreengrassConfiguration };
  readonly ModelPackagingOutputDetails?: { readonly Greengrass?: GreengrassOutputDetails };
}

/** What the job was requested to make. */
export interface GreengrassConfiguration {
  readonly CompilerOptions?: string;
  /** `jetson_xavier` */
  readonly TargetDevice?: string;
  readonly TargetPlatform?: TargetPlatform;
  readonly S3OutputLocation?: { readonly Bucket?: string; readonly Prefix?: string };
  readonly ComponentName?: string;
  readonly ComponentVersion?: string;
  readonly ComponentDescription?: string;
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[];
}

/** The platform that a job was compiled for; without Accelerator the model runs on the CPU. */
export interface TargetPlatform {
  /** `LINUX` */
  readonly Os?: string;
  /** `ARM64` `X86_64` */
  readonly Arch?: string;
  /** `NVIDIA` */
  readonly Accelerator?: string;
}

/** The Greengrass component that the job made. */
interface GreengrassOutputDetails {
  readonly ComponentVersionArn?: string;
  readonly ComponentName?: string;
  readonly ComponentVersion?: string;
}

/** The scalar members of a job that a list has too, in the model's order. */
export const METADATA_MEMBERS = [
  "JobName",
  "ProjectName",
  "ModelVersion",
  "ModelPackagingJobDescription",
  "ModelPackagingMethod",
  "Status",
  "StatusMessage",
  "CreationTimestamp",
  "LastUpdatedTimestamp",
] as const;

/** The members that only a description has, not a list. */
export const DESCRIPTION_MEMBERS = ["ModelPackagingConfiguration", "ModelPackagingOutputDetails"] as const;

/** The members that hold times. */
export const TIME_MEMBERS = ["CreationTimestamp", "LastUpdatedTimestamp"] as const;
