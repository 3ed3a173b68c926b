import type { Host } from "../host.js";
import { cleanText } from "../sightings.js";

// The first is a link to the second, which containers mask by default, so that the link leads nowhere there.
const BASES = ["/proc/device-tree", "/sys/firmware/devicetree/base"];

/** The value of one property of the device tree, and its path. */
interface TreeText {
  readonly from: string;
  readonly strings: readonly string[];
}

/** The flattened device tree as far as it is visible. */
export interface DeviceTree {
  /** The strings of a property, with or without their NULs; null if it is missing or unreadable. */
  text(property: string): TreeText | null;
  /** The names in a node; null if it is missing. */
  names(node: string): TreeText | null;
  /** Paths that exist but could not be read. */
  readonly problems: readonly { readonly from: string; readonly why: string }[];
}

/** The host's device tree. Looks at: /proc/device-tree, else /sys/firmware/devicetree/base. */
export function deviceTree(host: Host): DeviceTree {
  const problems: { from: string; why: string }[] = [];
  const bases = BASES.filter((base) => host.kind(base).state === "found");

  return {
    problems,
    text(property) {
      for (const base of bases) {
        const from = `${base}/${property}`;
        const text = host.text(from);
        if (text.state === "found") return { from, strings: stringsOf(text.value) };
        if (text.state === "unreadable") problems.push({ from, why: text.why });
      }
      return null;
    },
    names(node) {
      for (const base of bases) {
        const from = `${base}/${node}`;
        const names = host.list(from);
        if (names.state === "found") return { from, strings: [...names.value].sort() };
      }
      return null;
    },
  };
}

function stringsOf(text: string): string[] {
  return text
    .split("\0")
    .map(cleanText)
    .filter((part) => part !== "");
}
