import { expect, it } from "vitest";
import { CONFIGURATION_KEYS } from "../../src/config/configuration-keys.js";
import { TABLE } from "../../src/config/table.js";

it("CONFIGURATION_KEYS has every setting and the access control", () => {
  expect(CONFIGURATION_KEYS).toEqual([...Object.keys(TABLE), "accessControl"]);
});
