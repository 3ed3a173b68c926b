import { describe, expect, it } from "vitest";
import { agreedModel } from "../../src/model/agreed-model.js";
import { COMPILED, code, someModel, states } from "../drift/model-builders.js";

const NEXT = "/greengrass/v2/packages/artifacts-unarchived/bottle-model/2.0.0/model";
const next = (over = {}) => someModel({ version: "2.0.0", folders: [NEXT], ...over });

describe("agreedModel", () => {
  it("treats versions that say the same, in whatever place, as one", () => {
    const moved = next({ codes: [{ ...code("sm_75"), path: `${NEXT}/compiled.so` }] });

    expect(agreedModel([someModel(), moved])).toEqual(someModel());
  });

  it("leaves out what differs, and says so", () => {
    const found = agreedModel([someModel(), next({ codes: [code("sm_72")], tensorrt: [states("8.2.1")] })]);

    expect(found).toMatchObject({
      component: "bottle-model",
      version: null,
      arch: { value: "X86_64" },
      codes: [],
      tensorrt: [],
      cuda: [{ value: "10.2" }],
      unread: [
        {
          path: "/greengrass/v2/packages/artifacts-unarchived/bottle-model/1.0.0",
          why: "versions 1.0.0 and 2.0.0 are in the package store and differ (TensorRT, GPU code), and it is not known which is deployed",
        },
      ],
    });
    expect(found.folders).toHaveLength(2);
  });

  it("keeps what could not be read in any version", () => {
    const unread = [{ path: COMPILED, why: "permission denied" }];

    expect(agreedModel([someModel(), next({ unread })]).unread).toEqual(unread);
  });
});
