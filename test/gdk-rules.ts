type Members = Readonly<Record<string, unknown>>;
type Check = (value: unknown, at: string) => string[];

/**
 * What GDK 1.6 demands of a recipe before it publishes it, and what Greengrass refuses afterwards though GDK does not:
 * one line for each fault. Keys count in any case, as GDK takes them.
 */
export function recipeFaults(recipe: unknown): string[] {
  const lowered = lowerKeys(recipe);
  const { manifests } = isMembers(lowered) ? lowered : {};
  return [...RECIPE(lowered, "recipe"), ...lifecycleIsThere(manifests)];
}

/** What GDK 1.6 demands of gdk-config.json, and what it then cannot work with though it takes it. */
export function configFaults(config: unknown): string[] {
  const faults = CONFIG(config, "config");
  if (faults.length > 0) return faults;
  const [component] = Object.values((config as { component: Record<string, { build: Members }> }).component);
  const { build_system: system, custom_build_command: command } = component?.build ?? {};
  if (system !== "custom") return [];
  if (command === undefined) return ["config.component.build: custom_build_command is missing"];
  // GDK hands it to the system as it is: one text would be the name of one program.
  return Array.isArray(command)
    ? []
    : ["config.component.build.custom_build_command: must be a list, or blanks become part of a name"];
}

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;
const COMPONENT_NAME = /^[a-zA-Z0-9-_.]{1,128}$/;

const text: Check = (value, at) => (typeof value === "string" ? [] : [`${at}: must be a string`]);
const like =
  (pattern: RegExp): Check =>
  (value, at) =>
    typeof value === "string" && pattern.test(value)
      ? []
      : [`${at}: must be like ${pattern}, is ${JSON.stringify(value)}`];
const either =
  (what: string, ...checks: Check[]): Check =>
  (value, at) =>
    checks.some((check) => check(value, at).length === 0) ? [] : [`${at}: must be ${what}`];
const listOf =
  (check: Check, least = 0): Check =>
  (value, at) => {
    if (!Array.isArray(value)) return [`${at}: must be a list`];
    if (value.length < least) return [`${at}: must have ${least} or more entries`];
    return value.flatMap((each, index) => check(each, `${at}[${index}]`));
  };
const anything: Check = () => [];
const flag: Check = (value, at) => (typeof value === "boolean" ? [] : [`${at}: must be true or false`]);
const whole: Check = (value, at) => (Number.isInteger(value) ? [] : [`${at}: must be a whole number`]);

interface Shape {
  readonly required?: Readonly<Record<string, Check>>;
  readonly optional?: Readonly<Record<string, Check>>;
  /** For keys that are not named; missing: they are refused. */
  readonly others?: Check;
  readonly names?: RegExp;
}

function map({ required = {}, optional = {}, others, names }: Shape): Check {
  return (value, at) => {
    if (!isMembers(value)) return [`${at}: must be a map`];
    const missing = Object.keys(required).filter((key) => !Object.hasOwn(value, key));
    const known = { ...required, ...optional };
    return [
      ...missing.map((key) => `${at}: ${key} is missing`),
      ...Object.entries(value).flatMap(([key, member]) => {
        const check = Object.hasOwn(known, key) ? known[key] : others;
        if (check === undefined) return [`${at}: ${key} is not known`];
        if (!Object.hasOwn(known, key) && names && !names.test(key)) return [`${at}: ${key} is no name`];
        return check(member, `${at}.${key}`);
      }),
    ];
  };
}

const setenv = either(
  "a map of texts, numbers and flags",
  map({ others: either("a text, number or flag", text, flag, (value, at) => (typeof value === "number" ? [] : [at])) }),
);
const step = either(
  "a script, or a map with Script and the right kinds of RequiresPrivilege, Timeout, Skipif and Setenv",
  text,
  map({
    required: { script: text },
    optional: {
      requiresprivilege: either("true or false", flag, like(/^(true|false)$/)),
      skipif: like(/^!?\s*(onpath|exists)\s+\S/),
      timeout: either("seconds", whole, like(/^\d+$/)),
      setenv,
    },
  }),
);
const lifecycle = map({
  optional: { setenv, bootstrap: step, install: step, startup: step, run: step, shutdown: step, recover: step },
});
const permission = like(/^(NONE|OWNER|ALL)$/i);
const artifact = map({
  required: { uri: like(/^(s3|docker|greengrass):\S+$/) },
  optional: {
    unarchive: like(/^(ZIP|NONE)$/i),
    permission: map({ optional: { read: permission, execute: permission } }),
  },
});
const manifest = map({
  optional: {
    name: text,
    platform: map({ others: text }),
    lifecycle,
    selections: either("a list or a text", text, listOf(text)),
    artifacts: listOf(artifact),
  },
});
const RECIPE = map({
  required: {
    recipeformatversion: like(/^2020-01-25$/),
    componentname: like(COMPONENT_NAME),
    componentversion: like(new RegExp(`^(?=.{1,64}$)${SEMVER.source.slice(1)}`)),
    manifests: listOf(manifest, 1),
  },
  optional: {
    componenttype: like(/^aws\.greengrass\.(generic|nucleus|plugin|lambda)$/i),
    componentdescription: text,
    componentpublisher: text,
    componentsource: like(/^arn:aws(-cn|-us-gov|-iso(-[a-z])?)?:lambda:/),
    componentconfiguration: map({ optional: { defaultconfiguration: map({ others: anything }) } }),
    componentdependencies: map({
      names: COMPONENT_NAME,
      others: map({ required: { versionrequirement: text }, optional: { dependencytype: like(/^(SOFT|HARD)$/i) } }),
    }),
    lifecycle: map({ others: anything }),
  },
});

const build = map({
  required: { build_system: like(/^(zip|maven|gradle|gradlew|custom)$/) },
  optional: {
    custom_build_command: either("a command", like(/./), listOf(text, 1)),
    options: map({ optional: { excludes: listOf(text, 1), zip_name: text } }),
  },
});
const publish = map({
  // The placeholder is GDK's own: whoever publishes puts the name of a bucket there.
  required: { bucket: like(/^([a-z0-9][a-z0-9.-]*|<PLACEHOLDER_BUCKET>)$/) },
  optional: { region: text, options: map({ optional: { file_upload_args: map({ others: anything }) } }) },
});
const component = map({
  required: {
    author: text,
    version: either("a version or NEXT_PATCH", like(SEMVER), like(/^NEXT_PATCH$/)),
    build,
    publish,
  },
});
const CONFIG = map({
  required: {
    component: (value, at) =>
      isMembers(value) && Object.keys(value).length !== 1
        ? [`${at}: must be one component, are ${Object.keys(value).length}`]
        : map({ names: COMPONENT_NAME, others: component })(value, at),
    gdk_version: like(SEMVER),
  },
  optional: { "test-e2e": map({ others: anything }) },
});

function lifecycleIsThere(manifests: unknown): string[] {
  return (Array.isArray(manifests) ? manifests : []).flatMap((each: unknown, index) => {
    const { lifecycle: own } = isMembers(each) ? each : {};
    return isMembers(own) && own.run !== undefined && own.startup !== undefined
      ? [`recipe.manifests[${index}].lifecycle: has run and startup`]
      : [];
  });
}

function lowerKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerKeys);
  if (!isMembers(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toLowerCase(), lowerKeys(member)]));
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
