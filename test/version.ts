// The build defines it; `define` of a test project does not reach files that share one process.
Object.assign(globalThis, { PACKDRIFT_VERSION: "0.0.0-test" });
