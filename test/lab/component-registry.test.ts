import { describe, expect, it } from "vitest";
import { componentRegistry } from "../../src/lab/component-registry.js";
import { componentTokens } from "../../src/lab/component-tokens.js";

const some = (name: string) => ({ name, version: "1.0.0", state: "RUNNING" as const, configuration: null });

describe("componentRegistry", () => {
  it("ignores case on classic only", () => {
    for (const flavour of ["classic", "lite"] as const) {
      const registry = componentRegistry(flavour);
      registry.put(some("com.example.A"));
      expect(registry.find("COM.EXAMPLE.a")?.name ?? null).toBe(flavour === "classic" ? "com.example.A" : null);
    }
  });

  it("says which component is not deployed", () => {
    expect(() => componentRegistry("lite").get("x")).toThrow('Component "x" is not deployed');
  });

  it("passes restart requests to those who still listen", () => {
    const registry = componentRegistry("classic");
    const heard: string[] = [];
    const stop = registry.onRestartRequest("a", (reason) => heard.push(reason));
    registry.requestRestart("a", "one");
    registry.requestRestart("b", "two");
    stop();
    registry.requestRestart("a", "three");
    expect(heard).toEqual(["one"]);
  });
});

describe("componentTokens", () => {
  it.each([
    ["classic", /^[0-9A-F]{16}$/],
    ["lite", /^[A-Za-z0-9+/]{16}$/],
  ] as const)("assigns each component of %s one token until it is revoked", (flavour, form) => {
    const tokens = componentTokens(flavour);
    const [a, b] = [tokens.tokenOf("a"), tokens.tokenOf("b")];
    expect(a).toMatch(form);
    expect([tokens.tokenOf("a"), tokens.ownerOf(a), tokens.ownerOf(b), a === b]).toEqual([a, "a", "b", false]);
    tokens.revoke("a");
    expect([tokens.ownerOf(a), tokens.ownerOf(b), tokens.tokenOf("a") === a]).toEqual([null, "b", false]);
    tokens.revokeAll();
    expect(tokens.ownerOf(b)).toBeNull();
  });
});
