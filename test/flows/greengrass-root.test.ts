import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { NUCLEI } from "../long-runs.js";
import { ARTIFACTS, MODEL, NAME, startScene, VERSION } from "./flow-parts.js";

it.each(NUCLEI)(
  "the component finds the artifacts of the model by its own place, wherever the root certificate lies (%s)",
  async (flavour) => {
    const root = mkdtempSync(join(tmpdir(), "packdrift-root-"));
    const artifacts = join(root, "packages/artifacts", NAME, VERSION);
    cpSync(ARTIFACTS, artifacts, { recursive: true });
    mkdirSync(join(root, "packages/artifacts", MODEL.name, "4.7.0"), { recursive: true });
    const it = await startScene({
      flavour,
      artifacts,
      environment: { GG_ROOT_CA_PATH: "/etc/greengrass/credentials/AmazonRootCA1.pem" },
      configuration: { deployedVersion: ["artifacts"] },
    });
    try {
      expect((await it.reports.next(() => true)).component.deployedVersion).toBe("4.7.0");
    } finally {
      await it.close();
      rmSync(root, { recursive: true, force: true });
    }
  },
);
