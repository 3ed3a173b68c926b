import { readFileSync } from "node:fs";
import type { Instant } from "../outbox/record.js";

/** The wall clock beside the kernel's: the boot's name (its first 8 digits) and the time since it. */
export function bootClock(): () => Instant {
  const boot = bootId();
  return () => ({ wallMs: Date.now(), boot, bootMs: uptimeMs() });
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
  } catch {
    return "unknown";
  }
}

/** Linux' uptime counts on while the device sleeps. */
function uptimeMs(): number {
  try {
    return Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 1_000;
  } catch {
    return performance.now();
  }
}
