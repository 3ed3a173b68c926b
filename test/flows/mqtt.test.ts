import { it } from "vitest";
import { liveAlone } from "./alone.js";

it("runs without Greengrass over MQTT 5 with mutual TLS, hears acknowledgements, stops in order and writes no secret", () =>
  liveAlone(process.execPath));
