import { JOB_NAME_RULE, nameFault, PROJECT_NAME_RULE } from "../../job/job-names.js";
import { plainKey } from "./component-tags.js";
import type { Hints } from "./extracted.js";

/** The project and job that made a component: given by the user or its tags, otherwise derived from its name and version. */
export function componentJob(
  component: { readonly name: string; readonly version: string },
  tags: Readonly<Record<string, string>>,
  hints: Hints,
): { readonly project: string; readonly job: string; readonly guessed: readonly string[] } {
  const guessed: string[] = [];
  const tagged = (what: string, keys: readonly string[], rule: typeof JOB_NAME_RULE): string | null => {
    const tag = Object.entries(tags).find(
      ([key, value]) => keys.includes(plainKey(key)) && nameFault(value, rule) === null,
    );
    if (tag !== undefined) guessed.push(`${what} is the tag ${tag[0]}`);
    return tag?.[1] ?? null;
  };
  const made = (what: string, from: string, name: string): string => {
    guessed.push(`${what} is made from the component's ${from}`);
    return name;
  };
  const { name, version } = component;
  const project =
    hints.project ??
    tagged("ProjectName", ["projectname", "project"], PROJECT_NAME_RULE) ??
    made("ProjectName", "name", projectName(name));
  const job =
    hints.job ??
    tagged("JobName", ["jobname", "job", "modelpackagingjob"], JOB_NAME_RULE) ??
    made("JobName", "name and version", jobName(name, version));
  return { project, job, guessed };
}

/** Turns a component's or a folder's name into a project's name. */
export function projectName(component: string): string {
  return component.replace(/[^\w-]/g, "-").replace(/^[-_]+/, "");
}

/** Turns a component's name and version into a job's name; cuts a long name, not the version, so that versions stay distinct. */
function jobName(component: string, version: string): string {
  const end = `-${plain(version)}`;
  return `${plain(component)
    .slice(0, JOB_NAME_RULE.max - end.length)
    .replace(/-$/, "")}${end}`;
}

export function plain(text: string): string {
  return text.replace(/[^a-zA-Z0-9]+/g, "-").replace(/^-|-$/g, "");
}
