/** The package's version, set by the build (artifacts/build.mjs). */
declare const PACKDRIFT_VERSION: string;
