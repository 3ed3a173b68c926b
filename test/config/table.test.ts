import { describe, expect, it } from "vitest";
import { parseSettings } from "../../src/config/parse-settings.js";
import { afterRestart } from "../../src/config/table.js";

describe("afterRestart", () => {
  const mqtt = { endpoint: "iot.example", cert: "/c", key: "/k" };

  it("leaves out what applies at once, and names mqtt only when it is in use", () => {
    const ipc = parseSettings({});
    const over = parseSettings({ transport: "mqtt", mqtt });
    const other = parseSettings({ transport: "mqtt", mqtt: { ...mqtt, port: 443 } });

    expect(afterRestart(ipc, parseSettings({ jitterSeconds: 5, outboxMaxBytes: 70_000, mqtt }))).toEqual([]);
    expect(afterRestart(over, over)).toEqual([]);
    expect(afterRestart(over, other)).toEqual([
      expect.stringMatching(/^Setting "mqtt" changes to .* at the next start/),
    ]);
  });
});
