import type { ExaminationRequest } from "../../src/examiner/protocol.js";

/** An ordinary request for a check. */
export function someRequest(over: Partial<ExaminationRequest> = {}): ExaminationRequest {
  return {
    thing: "line-4",
    trigger: "START",
    configuration: { jobs: [{ project: "bottle-caps", job: "caps-cpu" }] },
    agent: { version: "0.1.0", node: "v16.20.2", outbox: "disk", problems: [] },
    ...over,
  };
}
