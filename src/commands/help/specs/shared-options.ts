import { FORMATS } from "../../../report/format-names.js";

/** Options that several commands take, each with one meaning. */
export const JSON_FLAG = { what: "write JSON instead of text" } as const;

export const FORMAT = {
  value: "FORMAT",
  choices: FORMATS,
  what: "write the result in this form, for CI and monitoring",
} as const;

export const ROOT = {
  value: "DIR",
  completes: "file",
  what: 'read this folder or snapshot as if it were "/"',
} as const;

export const ARCHIVE_DIR = { value: "DIR", required: true, completes: "folder", what: "the archive's folder" } as const;

export const PROJECT = { value: "PROJECT", what: "the Lookout for Vision project" } as const;
export const JOB_NAME = { value: "NAME", what: "the model packaging job" } as const;

export const TLS_CERT = {
  value: "FILE",
  completes: "file",
  needs: ["tls-key"],
  what: "serve over TLS with this certificate (PEM)",
} as const;
export const TLS_KEY = {
  value: "FILE",
  completes: "file",
  needs: ["tls-cert"],
  what: "the certificate's private key",
} as const;

/** Where a new user begins. */
export const START_PAGE = "docs/start.md";

/** Exit codes that mean the same everywhere. */
export const WRONG_USE = "wrong use or unreadable input";
