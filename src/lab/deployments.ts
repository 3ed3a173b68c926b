import type { JsonObject } from "../base/json.js";

/** What a component said of a configuration that it was asked to validate. */
export interface Verdict {
  readonly accepted: boolean;
  readonly message: string;
}

/** Who is asked and told about deployments, and what they have answered. */
export interface Deployments {
  /** Only the first subscriber of a component is asked; returns how to leave. */
  onValidation(component: string, deliver: (event: JsonObject) => void): () => void;
  onUpdates(component: string, deliver: (event: JsonObject) => void): () => void;
  hasUpdateSubscriber(component: string): boolean;
  /** False: nobody waits for this answer (any more). */
  answerValidation(component: string, deploymentId: string, verdict: Verdict): boolean;
  answerUpdate(component: string, deploymentId: string, recheckAfterMs: number | null): boolean;
  /** Null when the component does not validate; rejected when it stays silent for `limitMs`. */
  validate(component: string, deploymentId: string, configuration: unknown, limitMs: number): Promise<Verdict | null>;
  /** Resolves when every subscriber agrees; one that is silent, or defers without a time, costs `limitMs`. */
  announce(deploymentId: string, isGgcRestarting: boolean, limitMs: number): Promise<void>;
  /** Tells all subscribers that a deployment is done. */
  finish(deploymentId: string): void;
}

type Deliver = (event: JsonObject) => void;

/** No subscribers yet. Its timers do not keep the process alive. */
export function deployments(): Deployments {
  const validators = new Map<string, Deliver>();
  const subscribers = new Map<string, Set<Deliver>>();
  const verdicts = new Map<string, (verdict: Verdict) => void>();
  const deferrals = new Map<string, (recheckAfterMs: number | null) => void>();
  const key = (component: string, deploymentId: string) => JSON.stringify([component, deploymentId]);

  const take = <T>(waiting: Map<string, (answer: T) => void>, component: string, deploymentId: string, answer: T) => {
    const id = key(component, deploymentId);
    const answered = waiting.get(id);
    waiting.delete(id);
    answered?.(answer);
    return answered !== undefined;
  };
  const ask = <T>(waiting: Map<string, (answer: T) => void>, id: string, limitMs: number, send: () => void) =>
    new Promise<T | undefined>((resolve) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        resolve(undefined);
      }, limitMs).unref();
      waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      send();
    });
  const agreement = async (
    component: string,
    preUpdateEvent: JsonObject & { deploymentId: string },
    limitMs: number,
  ) => {
    const id = key(component, preUpdateEvent.deploymentId);
    for (;;) {
      const recheckAfterMs = await ask(deferrals, id, limitMs, () => {
        for (const deliver of subscribers.get(component) ?? []) deliver({ preUpdateEvent });
      });
      if (recheckAfterMs === undefined || recheckAfterMs === 0) return;
      await new Promise((resolve) => setTimeout(resolve, recheckAfterMs ?? limitMs).unref());
      if (recheckAfterMs === null) return;
    }
  };

  return {
    onValidation(component, deliver) {
      if (!validators.has(component)) validators.set(component, deliver);
      return () => {
        // Whichever stream of the component closes, the nucleus forgets its validator.
        validators.delete(component);
      };
    },
    onUpdates(component, deliver) {
      const own = subscribers.get(component) ?? new Set();
      subscribers.set(component, own.add(deliver));
      return () => {
        own.delete(deliver);
        if (own.size === 0) subscribers.delete(component);
      };
    },
    hasUpdateSubscriber: (component) => subscribers.has(component),
    answerValidation: (component, deploymentId, verdict) => take(verdicts, component, deploymentId, verdict),
    answerUpdate: (component, deploymentId, recheckAfterMs) => take(deferrals, component, deploymentId, recheckAfterMs),
    async validate(component, deploymentId, configuration, limitMs) {
      const deliver = validators.get(component);
      if (!deliver) return null;
      const event = { validateConfigurationUpdateEvent: { configuration, deploymentId } };
      const verdict = await ask(verdicts, key(component, deploymentId), limitMs, () => deliver(event));
      return verdict ?? { accepted: false, message: `no answer within ${limitMs} ms` };
    },
    async announce(deploymentId, isGgcRestarting, limitMs) {
      const event = { deploymentId, isGgcRestarting };
      await Promise.all([...subscribers.keys()].map((component) => agreement(component, event, limitMs)));
    },
    finish(deploymentId) {
      for (const own of [...subscribers.values()])
        for (const deliver of [...own]) deliver({ postUpdateEvent: { deploymentId } });
    },
  };
}
