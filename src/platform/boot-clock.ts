import { openSync, readFileSync, readSync } from "node:fs";
import { type Instant, monotonicMs } from "../base/clock.js";

/** The wall clock, the boot's id (its first 8 digits) and the time since boot. */
export function bootClock(): () => Instant {
  const boot = bootId();
  const uptimeMs = uptime();
  return () => ({ wallMs: Date.now(), boot, bootMs: uptimeMs() });
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
  } catch {
    return "unknown";
  }
}

/** Uptime from Linux, which also counts while the device sleeps. The file stays open, since it is read for each report. */
function uptime(): () => number {
  try {
    const file = openSync("/proc/uptime", "r");
    const text = Buffer.alloc(32);
    return () => Number.parseFloat(text.toString("latin1", 0, readSync(file, text, 0, text.length, 0))) * 1_000;
  } catch {
    return monotonicMs;
  }
}
