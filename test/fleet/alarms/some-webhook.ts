import type { WebhookSettings } from "../../../src/fleet/alarms/alarm-settings.js";

/** A webhook without secrets that wants everything. */
export function someWebhook(more: Partial<WebhookSettings> = {}): WebhookSettings {
  return {
    ...{ name: "ops", url: "http://127.0.0.1:9/", bearerFile: null, hmacFile: null },
    ...{ severities: ["BLOCKING", "ERROR", "WARNING", "INFO"], timeoutSeconds: 10, giveUpHours: 24 },
    ...more,
  };
}
