import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { blocksOf, pageOf, TOP } from "./pages.js";

/** What a clone has at its top and pages use. */
const CLONE = [
  "src",
  "test",
  "recipe",
  "examples",
  "greengrass-build",
  "dist",
  "docs",
  "package.json",
  "gdk-config.json",
];

/** Lays the files that the pages speak of into a folder: a clone's, and those of a reader. */
export async function laySampleFiles(folder: string): Promise<void> {
  for (const name of CLONE) symlinkSync(join(TOP, name), join(folder, name));
  cpSync(join(TOP, "src/lab/jobs"), join(folder, "saved-answers"), { recursive: true });
  cpSync(join(TOP, "src/lab/jobs/arm64-nvidia-sm72.json"), join(folder, "job.json"));
  cpSync(
    join(TOP, "test/archive/import/fixtures/neo-jetson-xavier-darknet.json"),
    join(folder, "compilation-job.json"),
  );
  cpSync(join(TOP, "test/model/material/arm64"), join(folder, "unpacked-model"), { recursive: true });
  writeFileSync(join(folder, "trail.json.gz"), gzipSync(JSON.stringify({ Records: [TRAIL] })));
  writeFileSync(join(folder, "recipe.yaml"), RECIPE);
  writeFileSync(
    join(folder, "tags.json"),
    JSON.stringify({ "gpu-code": "sm_72", "trt-ver": "7.1.3", "cuda-ver": "10.2" }),
  );
  mkdirSync(join(folder, "jobs"));
  cpSync(join(TOP, "examples/fleet/alarms.yaml"), join(folder, "alarms.yaml"));
  writeFileSync(join(folder, "config.yaml"), shownIn("docs/deploy-systemd.md", "yaml"));
  layInstalledService(join(folder, "root"));
  writeFileSync(join(folder, "deployment.json"), shownIn("docs/deploy-greengrass.md", "json"));
  writeFileSync(join(folder, "credentials"), "[line-4]\naws_access_key_id = x\naws_secret_access_key = y\n", {
    mode: 0o600,
  });
  const store = readFileSync(join(TOP, "test/fleet/store/released/1/fleet.db.gz"));
  writeFileSync(join(folder, "fleet.db"), gunzipSync(store), { mode: 0o600 });
  writeFileSync(join(folder, "things.txt"), "press-01\npress-02\n");
  const logs = join(folder, "root/greengrass/v2/logs");
  mkdirSync(logs, { recursive: true });
  writeFileSync(join(logs, "io.packdrift.Monitor.log"), "{}\n");
  execFileSync("bash", ["-c", CERTIFICATES], { cwd: folder, stdio: "ignore" });
  execFileSync(process.execPath, [join(TOP, "dist/packdrift.mjs"), "snapshot", "--root", HOST, "-o", "machine.tgz"], {
    cwd: folder,
    stdio: "ignore",
  });
}

/** The machine whose snapshot the pages use: the model of job.json will not run there. */
const HOST = join(TOP, "test/hosts/agx-xavier-jp45");

const TRAIL = {
  eventVersion: "1.08",
  eventTime: "2022-12-19T08:42:02Z",
  eventSource: "lookoutvision.amazonaws.com",
  eventName: "StartModelPackagingJob",
  awsRegion: "eu-central-1",
  requestParameters: {
    projectName: "weld-seams",
    modelVersion: "7",
    configuration: {
      greengrass: {
        compilerOptions: '{"gpu-code":"sm_72","trt-ver":"7.1.3","cuda-ver":"10.2"}',
        targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: "NVIDIA" },
        s3OutputLocation: { bucket: "models", prefix: "a/" },
        componentName: "com.example.WeldSeams",
        componentVersion: "7.0.1",
      },
    },
  },
  responseElements: { jobName: "weld-seams-7" },
};

const RECIPE = `RecipeFormatVersion: "2020-01-25"
ComponentName: com.example.WeldSeams
ComponentVersion: 7.0.1
ComponentPublisher: AWS Lookout for Vision
Manifests:
  - Platform: { os: linux, architecture: aarch64 }
    Artifacts:
      - Uri: s3://models/a/greengrass_model_component.zip
        Unarchive: ZIP
`;

/** The first block of a language that a page shows. */
function shownIn(page: string, language: string): string {
  const shown = blocksOf(pageOf(page)).find((block) => block.language === language);
  if (shown === undefined) throw new Error(`${page} shows no ${language}`);
  return shown.text;
}

/** What a systemd service of an earlier version has left, for pages that upgrade or remove it. */
function layInstalledService(root: string): void {
  for (const name of [
    "opt/packdrift",
    "etc/packdrift",
    "etc/systemd/system/packdrift.service.d",
    "var/lib/private/packdrift",
  ])
    mkdirSync(join(root, name), { recursive: true });
  cpSync(join(TOP, "recipe/systemd/packdrift.service"), join(root, "etc/systemd/system/packdrift.service"));
}

const CERTIFICATES = `
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem
chmod 600 key.pem
cp cert.pem AmazonRootCA1.pem; cp cert.pem ca.pem; cp cert.pem fleet.pem; cp key.pem fleet.key
`;
