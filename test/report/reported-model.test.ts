import { describe, expect, it } from "vitest";
import { bytesOf } from "../../src/report/encode.js";
import { reportedModel } from "../../src/report/reported-model.js";
import { is, someDeployed, UNREADABLE } from "../drift/builders.js";
import { COMPILED, code, someModel, states, unreadModel } from "../drift/model-builders.js";

const ARN = "arn:aws:lookoutvision:eu-west-1:123456789012:model/bolts/3";
const LOADED = someDeployed({ model: is({ arn: ARN, status: "RUNNING", message: "" }) });

describe("reportedModel", () => {
  it("summarises what the files say, and what the Edge Agent has loaded", () => {
    const model = someModel({
      tensorrt: [states("7.1.3"), states("7", "NEEDED")],
      codes: [code("sm_72"), code("sm_53", "PTX"), code("sm_72")],
      ptxIsa: states("6.5"),
    });

    expect(reportedModel(model, LOADED)).toEqual({
      component: "bottle-model",
      version: "1.0.0",
      arch: "X86_64",
      accelerator: "NVIDIA",
      tensorrt: "7.1.3",
      cuda: "10.2",
      codes: "sm_72, sm_53 PTX",
      ptxIsa: "6.5",
      glibc: "2.17",
      unread: 0,
      loaded: "bolts/3 RUNNING",
    });
  });

  it("is left out where neither the files nor the Edge Agent were asked", () => {
    expect(reportedModel(null, null)).toBe(undefined);
    expect(reportedModel(null, someDeployed({ model: UNREADABLE }))).toBe(undefined);
  });

  it("is present for the Edge Agent's answer alone, and for files that could not be read", () => {
    expect(reportedModel(null, LOADED)).toMatchObject({ component: null, arch: null, loaded: "bolts/3 RUNNING" });
    expect(reportedModel(unreadModel(), null)).toMatchObject({ arch: null, codes: null, unread: 1 });
  });

  it.each([
    ["letters", "x".repeat(5_000)],
    ["quotes and backslashes", '"\\'.repeat(2_000)],
    ["control characters", "\u0001".repeat(2_000)],
    ["letters of four bytes", "𝔘".repeat(2_000)],
    ["lone surrogates", "\ud800".repeat(2_000)],
  ])("stays under 600 bytes for texts of %s", (_, text) => {
    const long = states(text);
    const model = someModel({
      component: text,
      version: text,
      arch: states(text),
      tensorrt: [long, states(`${text}1`)],
      cuda: [long],
      codes: Array.from({ length: 300 }, (_each, at) => code(`${text}${at}`, "PTX")),
      ptxIsa: long,
      floors: { glibc: long, glibcxx: long },
      unread: Array.from({ length: 20_000 }, () => ({ path: COMPILED, why: text })),
    });
    const loaded = someDeployed({ model: is({ arn: text, status: text, message: text }) });

    expect(bytesOf(JSON.stringify({ model: reportedModel(model, loaded) }))).toBeLessThan(600);
  });
});
