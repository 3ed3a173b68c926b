import type { PackagedModel, Unread } from "./model.js";

/** A model with advice added to each problem that is a missing permission. */
export function explainDenied(model: PackagedModel): PackagedModel {
  return { ...model, unread: deniedExplained(model.unread, model.component) };
}

/** The same for a list of what could not be read; `component` is null if it is not known. */
export function deniedExplained(unread: readonly Unread[], component: string | null): readonly Unread[] {
  return unread.map(({ path, why }) => ({
    path,
    why: isDenied({ path, why }) ? `${why}: ${whatToDo(component)}` : why,
  }));
}

/** Whether a missing permission is the only reason that it was not read. */
export function isDenied({ why }: Unread): boolean {
  return why === DENIED;
}

// The host's words.
const DENIED = "permission denied";

// Greengrass makes an artifact's files readable only to the component's user, unless its recipe says otherwise.
function whatToDo(component: string | null): string {
  const owner = component === null ? "the model's component" : component;
  return `packdrift's user cannot read it; set "Permission: {Read: ALL}" on the artifact in the recipe of ${owner}, or run packdrift as a user who can (runWith)`;
}
