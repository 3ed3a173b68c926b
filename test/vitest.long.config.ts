import { defineConfig } from "vitest/config";
import { long } from "./projects.js";

export default defineConfig(long);
