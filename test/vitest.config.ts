import { defineConfig } from "vitest/config";

export default defineConfig({
  define: { PACKDRIFT_VERSION: JSON.stringify("0.0.0-test") },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/build.ts",
    testTimeout: 30_000,
    hookTimeout: 30_000,
    passWithNoTests: false,
    // Most of the time is spent waiting for processes, brokers and time limits.
    maxWorkers: 3,
  },
});
