import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { InvalidInputError } from "../../base/errors.js";
import { JOB_NAME_RULE, type JobRef, nameFault } from "../../job/job-names.js";
import { decodeJobText, MAX_JOB_TEXT_BYTES } from "../../job/job-text.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import type { ArchivedJobs } from "../api/describe.js";
import { parseStoredJob } from "./stored-job.js";

/** The location of the jobs: `<prefix><projectName>/<jobName>.json` in a bucket. */
interface S3Location {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
}

/** Jobs in S3, and other small objects in the same bucket. */
interface S3Jobs extends ArchivedJobs {
  /** An object's text. Throws what S3 throws, and InvalidInputError when it is too large. */
  text(key: string): Promise<string>;
}

/**
 * Reads with the credentials and the Region of the environment. Lists in S3's order, that of the keys' bytes. Skips an object
 * that is not a job and passes it to `onDamaged`.
 */
export function s3Jobs({ bucket, prefix }: S3Location, onDamaged: (key: string, why: string) => void): S3Jobs {
  const client = new S3Client({});
  return { find: (project, job) => read({ project, job }), list, text };

  async function read(ref: JobRef): Promise<ModelPackagingDescription | null> {
    const key = keyOf(ref);
    try {
      return parseStoredJob(await text(key), ref).description;
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return null;
      if (!(error instanceof InvalidInputError)) throw error;
      onDamaged(key, error.message);
      return null;
    }
  }

  async function list(project: string, after: string | null, limit: number) {
    const within = `${prefix}${project}/`;
    const found: ModelPackagingDescription[] = [];
    let start = after === null ? null : keyOf({ project, job: after });
    for (;;) {
      const { Contents = [], IsTruncated } = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: within,
          MaxKeys: limit - found.length,
          ...(start !== null && { StartAfter: start }),
        }),
      );
      const keys = Contents.map(({ Key = "" }) => Key);
      if (keys.length === 0 && after === null && found.length === 0 && start === null) return null;
      const names = keys.map((key) => key.slice(within.length)).filter((name) => name.endsWith(".json"));
      const jobs = names.map((name) => name.slice(0, -5)).filter((job) => nameFault(job, JOB_NAME_RULE) === null);
      for (const job of await Promise.all(jobs.map((name) => read({ project, job: name })))) {
        if (job !== null) found.push(job);
      }
      start = keys.at(-1) ?? null;
      if (found.length >= limit || IsTruncated !== true || start === null) return found;
    }
  }

  async function text(key: string): Promise<string> {
    const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (ContentLength > MAX_JOB_TEXT_BYTES || Body === undefined) {
      throw new InvalidInputError(
        `Cannot read s3://${bucket}/${key}: must have 1 to ${MAX_JOB_TEXT_BYTES} bytes, has ${ContentLength}`,
      );
    }
    return decodeJobText(await Body.transformToByteArray(), key);
  }

  function keyOf({ project, job }: JobRef): string {
    return `${prefix}${project}/${job}.json`;
  }
}
