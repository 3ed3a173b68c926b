/** The package's version, set by the build (scripts/build.mjs). */
declare const PACKDRIFT_VERSION: string;

/** The file examiner.cjs that the build put next to this program, and the text that `node -e` runs to start it. */
declare const PACKDRIFT_EXAMINER: { readonly sha256: string; readonly launcher: string };
