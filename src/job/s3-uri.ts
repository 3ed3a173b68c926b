/**
 * Bucket and prefix of an `s3://` URI: a folder's own path, or the folder of a file. Null for anything else, placeholders such
 * as those of the Greengrass Development Kit included.
 */
export function s3Location(uri: unknown, kind: "folder" | "file"): { Bucket: string; Prefix?: string } | null {
  const match = typeof uri === "string" ? /^s3:\/\/([0-9A-Za-z._-]{3,63})(?:\/(.{0,1024}))?$/.exec(uri) : null;
  if (match === null || PLACEHOLDER.test(match[0])) return null;
  const [, Bucket = "", key = ""] = match;
  const Prefix = kind === "folder" ? key : key.slice(0, key.lastIndexOf("/") + 1);
  return Prefix === "" ? { Bucket } : { Bucket, Prefix };
}

const PLACEHOLDER = /[{}<>$[\]]|BUCKET_NAME|COMPONENT_NAME|COMPONENT_VERSION/;
