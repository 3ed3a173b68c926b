/** How a check's result can be written. */
export const FORMATS = ["text", "json", "junit", "tap", "prometheus", "sarif"] as const;
export type Format = (typeof FORMATS)[number];
