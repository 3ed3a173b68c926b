import { describe, expect, it } from "vitest";
import { publishTopicFault } from "../../src/lab/topics.js";

describe("topics", () => {
  it("do not count the first levels of Basic Ingest", () => {
    expect(publishTopicFault("$aws/rules/rule/1/2/3/4/5/6/7/8")).toBeNull();
    expect(publishTopicFault("$aws/rules/rule/1/2/3/4/5/6/7/8/9")).toMatch(/no more than 7/);
  });
});
