/**
 * Bucket and prefix of an `s3://` URI: a folder's own path, or the folder that a file stands in. Null for anything else.
 */
export function s3Location(uri: unknown, kind: "folder" | "file"): { Bucket: string; Prefix?: string } | null {
  const match = typeof uri === "string" ? /^s3:\/\/([0-9A-Za-z._-]{3,63})(?:\/(.{0,1024}))?$/.exec(uri) : null;
  if (match === null) return null;
  const [, Bucket = "", key = ""] = match;
  const Prefix = kind === "folder" ? key : key.slice(0, key.lastIndexOf("/") + 1);
  return Prefix === "" ? { Bucket } : { Bucket, Prefix };
}
