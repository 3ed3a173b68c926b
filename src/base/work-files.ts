/** The small files in the work folder that packdrift reads back. */
export const WORK_FILES = {
  /** The last good configuration, as Greengrass returned it. */
  lastGood: "settings.json",
  /** What earlier checks found, for damping. */
  damping: "damping.json",
  restarts: "restarts.json",
  requests: "requests.json",
  messageLimit: "message-limit.json",
  /** When the API was found gone. */
  apiGone: "api-gone.json",
  /** What libraries need. */
  libraryCache: "library-cache.json",
  /** What packaged models say. */
  modelCache: "model-cache.json",
} as const;
