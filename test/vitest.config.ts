import { defineConfig } from "vitest/config";
import { ordinary } from "./projects.js";

export default defineConfig(ordinary);
