import type { PackagedModel, Unread } from "./model.js";

/** The same, with what to do where the permission to read is missing. */
export function explainDenied(model: PackagedModel): PackagedModel {
  return { ...model, unread: deniedExplained(model.unread, model.component) };
}

/** The same for what could not be read; `component` is null where it is not known. */
export function deniedExplained(unread: readonly Unread[], component: string | null): readonly Unread[] {
  return unread.map(({ path, why }) => ({
    path,
    why: isDenied({ path, why }) ? `${why}: ${whatToDo(component)}` : why,
  }));
}

/** Whether it was not read for want of a permission alone. */
export function isDenied({ why }: Unread): boolean {
  return why === DENIED;
}

// As the host says it.
const DENIED = "permission denied";

// Greengrass makes an artifact's files readable to the component's user alone, unless its recipe says otherwise.
function whatToDo(component: string | null): string {
  const owner = component === null ? "the model's component" : component;
  return `packdrift's user cannot read it; set "Permission: {Read: ALL}" on the artifact in the recipe of ${owner}, or run packdrift as a user who can (runWith)`;
}
