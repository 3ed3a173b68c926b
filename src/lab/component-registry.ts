import { InvalidInputError } from "../base/errors.js";
import type { LabComponent } from "./core.js";
import type { Flavour } from "./flavour.js";

/** The components that a nucleus has deployed. */
export interface ComponentRegistry {
  readonly all: ReadonlyMap<string, LabComponent>;
  /** Adds a component or replaces the one of that name. */
  put(component: LabComponent): void;
  /** The component of that name, or null; classic ignores case. */
  find(name: string): LabComponent | null;
  /** The component of that name; throws InvalidInputError if there is none. */
  get(name: string): LabComponent;
  remove(component: LabComponent): void;
  /** Calls when the nucleus would start the component's process again; returns how to stop. */
  onRestartRequest(name: string, listener: RestartListener): () => void;
  /** False when a listener could not install the component. */
  requestRestart(name: string, reason: string): Promise<boolean>;
}

/** Takes a request to start a component's process again; resolves to false when the component cannot be installed. */
export type RestartListener = (reason: string) => unknown;

/** Creates an empty registry. */
export function componentRegistry(flavour: Flavour): ComponentRegistry {
  const all = new Map<string, LabComponent>();
  const restartListeners = new Map<string, Set<RestartListener>>();
  const find = (name: string): LabComponent | null => {
    const exact = all.get(name);
    if (exact || flavour === "lite") return exact ?? null;
    return [...all.values()].find((component) => component.name.toLowerCase() === name.toLowerCase()) ?? null;
  };
  return {
    all,
    find,
    put: (component) => void all.set(component.name, component),
    get(name) {
      const component = find(name);
      if (!component) throw new InvalidInputError(`Component "${name}" is not deployed in the lab's nucleus`);
      return component;
    },
    remove: (component) => void all.delete(component.name),
    onRestartRequest(name, listener) {
      const listeners = restartListeners.get(name) ?? new Set();
      restartListeners.set(name, listeners.add(listener));
      return () => void listeners.delete(listener);
    },
    async requestRestart(name, reason) {
      const installed = await Promise.all([...(restartListeners.get(name) ?? [])].map((listener) => listener(reason)));
      return !installed.includes(false);
    },
  };
}
