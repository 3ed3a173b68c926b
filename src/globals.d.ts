/** The package's version, set by the build (scripts/build.mjs). */
declare const PACKDRIFT_VERSION: string;
