import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { HOMEPAGE, pageAddress } from "../../src/base/pages.js";

it("pages lie where package.json says that the project is at home", () => {
  const { homepage } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));

  expect(homepage.replace(/#.*/, "")).toBe(HOMEPAGE);
  expect(pageAddress("docs/faq.md")).toBe(`${HOMEPAGE}/blob/main/docs/faq.md`);
});
