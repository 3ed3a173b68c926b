import { describe, expect, it } from "vitest";
import type { Desired } from "../../../src/agent/shadow/document.js";
import { versionedShadow } from "../../../src/agent/shadow/versioned.js";
import { ExpectedError } from "../../../src/base/errors.js";

/** A shadow at a service that refuses any version but its own. */
function scene(first: { readonly version: number; readonly desired?: object } | null = null) {
  const service = { version: first?.version ?? 0, desired: first?.desired ?? {}, moving: false };
  const seen: Desired[] = [];
  const shadow = versionedShadow(
    {
      async get() {
        const { version, desired } = service;
        return version === 0 ? null : JSON.stringify({ version, state: { desired } });
      },
      async update(document) {
        const { version } = JSON.parse(document);
        if (version !== undefined && version !== service.version) return "conflict";
        if (service.moving) {
          service.version += 1;
          return "conflict";
        }
        service.version += 1;
        return JSON.stringify({ version: service.version });
      },
    },
    (desired) => seen.push(desired),
  );
  return { service, seen, shadow };
}

describe("versionedShadow", () => {
  it("writes a shadow that does not exist yet, then names the version that it made", async () => {
    const { shadow, service } = scene();

    await shadow.read();
    expect(await shadow.write({ drift: "IN_SYNC" })).toBe('{"state":{"reported":{"drift":"IN_SYNC"}}}'.length);
    await shadow.write({ drift: "DRIFTED" });

    expect([shadow.version, service.version]).toEqual([2, 2]);
  });

  it("reads what is desired before it writes over a version that it did not know", async () => {
    const { shadow, service, seen } = scene({ version: 3 });
    await shadow.read();
    Object.assign(service, { version: 9, desired: { logLevel: "debug" } });

    await shadow.write({ drift: "IN_SYNC" });

    expect([seen, shadow.version]).toEqual([[{ logLevel: "debug" }], 10]);
  });

  it("gives up after three conflicts in a row", async () => {
    const { shadow, service } = scene({ version: 1 });
    service.moving = true;

    await expect(shadow.write({ drift: "IN_SYNC" })).rejects.toThrow(ExpectedError);
    expect(service.version).toBe(4);
  });
});
