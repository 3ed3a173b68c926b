/** The file of the work folder in which `run` keeps the last good configuration, as Greengrass gave it. */
export const LAST_GOOD = "settings.json";
