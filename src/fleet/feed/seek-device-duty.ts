import type { Peers } from "../store/peers.js";
import { type DeviceDuty, type DeviceDutyParts, deviceDuty } from "./device-duty.js";
import type { Outgoing } from "./send-to-devices.js";

/** The duty towards devices, whether or not this receiver holds it now. */
export interface SoughtDuty extends Pick<DeviceDuty, "requestMade" | "stop"> {
  /** The next request to a device; null if there is none now, or if another receiver sends them. */
  next(): Outgoing | null;
}

/** Does the duty's work whenever this receiver holds it; `isAble` returns whether it could do it now. */
export function seekDeviceDuty(peers: Peers, parts: DeviceDutyParts, isAble: () => boolean): SoughtDuty {
  let duty: DeviceDuty | null = null;
  const sought = peers.seek("devices", {
    isAble,
    begin(isMine) {
      const begun = deviceDuty(parts, isMine);
      duty = begun;
      return {
        async stop() {
          if (duty === begun) duty = null;
          await begun.stop();
        },
      };
    },
  });
  return {
    next: () => duty?.next() ?? null,
    requestMade: () => duty?.requestMade(),
    stop: () => sought.stop(),
  };
}
