import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { configFaults, recipeFaults } from "./gdk-rules.js";

const top = join(import.meta.dirname, "..");
const TEXT = readFileSync(join(top, "recipe/recipe.yaml"), "utf8");
const CONFIG = readFileSync(join(top, "gdk-config.json"), "utf8");
const NAME = "io.packdrift.Monitor";
const { version: VERSION } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));

// biome-ignore lint/suspicious/noExplicitAny: recipes are bent out of shape here.
type Loose = Record<string, any>;

/** The faults of the recipe, or of the configuration, after a change. */
function recipeWith(change: (recipe: Loose) => void): string[] {
  const recipe = parse(TEXT);
  change(recipe);
  return recipeFaults(recipe);
}
function configWith(change: (component: Loose, whole: Loose) => void): string[] {
  const config = JSON.parse(CONFIG);
  change(config.component[NAME], config);
  return configFaults(config);
}

describe("the recipe", () => {
  it("is accepted by GDK", () => {
    expect(recipeFaults(parse(TEXT))).toEqual([]);
  });

  it("may write its keys in any case", () => {
    const shouting = TEXT.replace(/^( *(?:- )?)([A-Z]\w+):/gm, (_, indent, key) => `${indent}${key.toUpperCase()}:`);

    expect(recipeFaults(parse(shouting))).toEqual([]);
  });

  it.each<[string, (recipe: Loose) => void, string]>([
    ["another format", (r) => (r.RecipeFormatVersion = "2021-01-25"), "recipe.recipeformatversion: must be like"],
    ["no format", (r) => delete r.RecipeFormatVersion, "recipe: recipeformatversion is missing"],
    ["no name", (r) => delete r.ComponentName, "recipe: componentname is missing"],
    ["a name with a blank", (r) => (r.ComponentName = "my monitor"), "recipe.componentname: must be like"],
    ["a name of 129 characters", (r) => (r.ComponentName = "x".repeat(129)), "recipe.componentname: must be like"],
    ["no version", (r) => delete r.ComponentVersion, "recipe: componentversion is missing"],
    ["a version of two numbers", (r) => (r.ComponentVersion = "1.0"), "recipe.componentversion: must be like"],
    ["a version of 65 characters", (r) => (r.ComponentVersion = `1.0.0-${"a".repeat(59)}`), "recipe.componentversion"],
    ["no manifests", (r) => delete r.Manifests, "recipe: manifests is missing"],
    ["an empty list of manifests", (r) => (r.Manifests = []), "recipe.manifests: must have 1 or more"],
    ["manifests that are no list", (r) => (r.Manifests = {}), "recipe.manifests: must be a list"],
    ["a key that nobody knows", (r) => (r.ComponentLicense = "x"), "recipe: componentlicense is not known"],
    ["another type of component", (r) => (r.ComponentType = "generic"), "recipe.componenttype: must be like"],
    [
      "a description that is a list",
      (r) => (r.ComponentDescription = []),
      "recipe.componentdescription: must be a string",
    ],
    ["a publisher that is a number", (r) => (r.ComponentPublisher = 5), "recipe.componentpublisher: must be a string"],
    ["a source that is no function", (r) => (r.ComponentSource = "s3://x"), "recipe.componentsource: must be like"],
    ["configuration that is a list", (r) => (r.ComponentConfiguration = []), "recipe.componentconfiguration: must be"],
    ["misspelt defaults", (r) => (r.ComponentConfiguration = { Defaults: {} }), "configuration: defaults is not known"],
    ["a dependency without version", (r) => (r.ComponentDependencies = { a: {} }), ".a: versionrequirement is missing"],
    [
      "a dependency of another type",
      (r) => (r.ComponentDependencies = { a: { VersionRequirement: "^1.0.0", DependencyType: "WEAK" } }),
      ".a.dependencytype: must be like",
    ],
    ["a dependency with a bad name", (r) => (r.ComponentDependencies = { "a b": {} }), "a b is no name"],
    ["a platform with a number", (r) => (r.Manifests[0].Platform.os = 1), "manifests[0].platform.os: must be a string"],
    ["a misspelt key of a manifest", (r) => (r.Manifests[1].Artefacts = []), "manifests[1]: artefacts is not known"],
    ["selections that are a map", (r) => (r.Manifests[0].Selections = {}), "manifests[0].selections: must be"],
    ["an artifact without URI", (r) => delete r.Manifests[0].Artifacts[1].Uri, "artifacts[1]: uri is missing"],
    ["an artifact on a web server", (r) => (r.Manifests[0].Artifacts[0].Uri = "https://x/y"), "artifacts[0].uri: must"],
    ["another archive", (r) => (r.Manifests[0].Artifacts[0].Unarchive = "TAR"), "artifacts[0].unarchive: must be like"],
    ["another reader", (r) => (r.Manifests[0].Artifacts[0].Permission.Read = "GROUP"), "permission.read: must be like"],
    [
      "another permission",
      (r) => (r.Manifests[0].Artifacts[0].Permission.Write = "ALL"),
      "permission: write is not known",
    ],
    ["an unknown step", (r) => (r.Manifests[0].Lifecycle.start = "x"), "lifecycle: start is not known"],
    ["a step that is a list", (r) => (r.Manifests[0].Lifecycle.run = ["x"]), "lifecycle.run: must be a script"],
    [
      "a step without script",
      (r) => delete r.Manifests[0].Lifecycle.install.Script,
      "lifecycle.install: must be a script",
    ],
    ["a timeout in words", (r) => (r.Manifests[0].Lifecycle.install.Timeout = "long"), "lifecycle.install: must be"],
    ["a privilege in words", (r) => (r.Manifests[0].Lifecycle.install.RequiresPrivilege = "so"), "install: must be"],
    ["another condition", (r) => (r.Manifests[0].Lifecycle.install.Skipif = "never"), "lifecycle.install: must be"],
    ["variables that are lists", (r) => (r.Manifests[0].Lifecycle.Setenv.A = []), "lifecycle.setenv: must be a map"],
    ["two ways to start", (r) => (r.Manifests[0].Lifecycle.startup = "x"), "lifecycle: has run and startup"],
  ])("is refused with %s", (_, change, fault) => {
    const faults = recipeWith(change);

    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  it("is refused when it is not a map", () => {
    for (const none of [null, [], "recipe", 5]) expect(recipeFaults(none)).toEqual(["recipe: must be a map"]);
  });
});

describe("gdk-config.json", () => {
  it("is accepted by GDK", () => {
    expect(configFaults(JSON.parse(CONFIG))).toEqual([]);
  });

  it.each<[string, (component: Loose, whole: Loose) => void, string]>([
    ["no author", (c) => delete c.author, "author is missing"],
    ["an author that is a list", (c) => (c.author = ["x"]), "author: must be a string"],
    ["no version", (c) => delete c.version, "version is missing"],
    ["a version of two numbers", (c) => (c.version = "1.0"), "version: must be a version or NEXT_PATCH"],
    ["no build", (c) => delete c.build, "build is missing"],
    ["no build system", (c) => delete c.build.build_system, "build_system is missing"],
    ["npm as build system", (c) => (c.build.build_system = "npm"), "build_system: must be like"],
    ["no custom command", (c) => delete c.build.custom_build_command, "custom_build_command is missing"],
    ["an empty custom command", (c) => (c.build.custom_build_command = []), "custom_build_command: must be a command"],
    ["a custom command in one text", (c) => (c.build.custom_build_command = "npm run build"), "must be a list"],
    ["a zip that leaves out a text", (c) => (c.build.options = { excludes: "x" }), "excludes: must be a list"],
    ["no publish", (c) => delete c.publish, "publish is missing"],
    ["no bucket", (c) => delete c.publish.bucket, "bucket is missing"],
    ["a bucket that S3 refuses", (c) => (c.publish.bucket = "My_Bucket"), "bucket: must be like"],
    ["upload arguments in a list", (c) => (c.publish.options = { file_upload_args: [] }), "file_upload_args: must be"],
    ["an unknown key", (c) => (c.licence = "x"), "licence is not known"],
    ["no GDK version", (_, whole) => delete whole.gdk_version, "gdk_version is missing"],
    ["a GDK version in words", (_, whole) => (whole.gdk_version = "latest"), "gdk_version: must be like"],
    ["two components", (_, whole) => (whole.component.second = {}), "must be one component, are 2"],
    ["no component", (_, whole) => (whole.component = {}), "must be one component, are 0"],
    ["a component with a blank in its name", (c, whole) => (whole.component = { "a b": c }), "a b is no name"],
    ["unknown parts", (_, whole) => (whole.components = {}), "components is not known"],
  ])("is refused with %s", (_, change, fault) => {
    const faults = configWith(change);

    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  it("leaves the bucket and its region to the publisher", () => {
    const { publish } = JSON.parse(CONFIG).component[NAME];

    expect(publish).toEqual({ bucket: "<PLACEHOLDER_BUCKET>", region: "<PLACEHOLDER_REGION>" });
  });

  it("may leave the version to GDK", () => {
    expect(configWith((component) => (component.version = "NEXT_PATCH"))).toEqual([]);
  });
});

describe("greengrass-build", () => {
  const PAPERS = ["LICENSE", "SHA256SUMS", "THIRD-PARTY-NOTICES.txt", "sbom.cdx.json"];
  const PROGRAMS = ["aws-crt-arm64.node", "aws-crt-x64.node", "examiner.cjs", "packdrift.mjs"];
  const TREE = [
    ...[...PAPERS, ...PROGRAMS].map((file) => `artifacts/${NAME}/${VERSION}/${file}`).sort(),
    `recipes/${NAME}-${VERSION}.json`,
    "recipes/recipe.yaml",
  ];
  let built: Record<string, string> = {};
  beforeAll(() => {
    built = digests(join(top, "greengrass-build"));
  });

  it("is laid by npm run build: every artifact that the recipe names with what it is made of, and the recipe, for GDK as it is", () => {
    const uris: string[] = parse(TEXT).Manifests.flatMap(({ Artifacts }: Loose) =>
      Artifacts.map(({ Uri }: { Uri: string }) => Uri),
    );

    expect(Object.keys(built).sort()).toEqual(TREE);
    expect([...new Set(uris.map((uri) => basename(uri)))].sort()).toEqual(PROGRAMS);
    expect(readFileSync(join(top, "greengrass-build/recipes/recipe.yaml"), "utf8")).toBe(TEXT);
  });

  it("has the same recipe for nuclei as compact JSON, scripts without indents, in fewer bytes than nucleus lite can read", () => {
    const compact = readFileSync(join(top, "greengrass-build/recipes", `${NAME}-${VERSION}.json`), "utf8");

    const withoutIndents = (_: string, value: unknown) =>
      typeof value === "string" ? value.replace(/^ +/gm, "") : value;
    expect(compact).toBe(JSON.stringify(parse(TEXT), withoutIndents));
    expect(Buffer.byteLength(compact)).toBeLessThan(7_600);
    expect(recipeFaults(JSON.parse(compact))).toEqual([]);
  });

  it("names its artifacts as GDK writes them before it publishes, so that a local deployment takes the files next to it", () => {
    const { Manifests } = parse(TEXT);
    for (const { Uri } of Manifests.flatMap(({ Artifacts }: Loose) => Artifacts)) {
      expect(Uri).toMatch(/^s3:\/\/BUCKET_NAME\/COMPONENT_NAME\/COMPONENT_VERSION\/[\w.-]+$/);
    }
  });

  it("is the same when GDK has it built: emptied first, then the custom command in the project's folder", () => {
    // A copy: other tests run what stands here.
    const project = mkdtempSync(join(tmpdir(), "packdrift-gdk-"));
    onTestFinished(() => rmSync(project, { recursive: true, force: true }));
    for (const part of ["src", "recipe", "scripts", "LICENSE", "package.json", "package-lock.json", "tsconfig.json"]) {
      cpSync(join(top, part), join(project, part), { recursive: true });
    }
    symlinkSync(realpathSync(join(top, "node_modules")), join(project, "node_modules"));
    const folder = join(project, "greengrass-build");
    const { build } = JSON.parse(CONFIG).component[NAME];
    const [program, ...args] = build.custom_build_command;
    mkdirSync(join(folder, "recipes"), { recursive: true });
    mkdirSync(join(folder, "artifacts", NAME, VERSION), { recursive: true });

    execFileSync(program, args, { cwd: project, stdio: "pipe" });

    expect(digests(folder)).toEqual(built);
  });

  it("is not kept in git, and the files are files", () => {
    expect(readFileSync(join(top, ".gitignore"), "utf8").split("\n")).toContain("greengrass-build/");
    for (const file of TREE) expect(lstatSync(join(top, "greengrass-build", file)).isFile()).toBe(true);
    expect(existsSync(join(top, "recipe.yaml"))).toBe(true);
  });
});

function digests(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    lstatSync(join(folder, file)).isFile(),
  );
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest("hex"),
    ]),
  );
}
