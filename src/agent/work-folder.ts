/** The file in the work folder that stores the last good configuration, as Greengrass returned it. */
export const LAST_GOOD = "settings.json";
