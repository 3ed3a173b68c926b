import type { JsonObject } from "../base/json.js";
import { type PendingAnswers, pendingAnswers } from "./pending-answers.js";

/** A component's answer to a request to validate a configuration. */
interface ValidityReport {
  readonly accepted: boolean;
  readonly message: string;
}

/** The components that subscribe to deployments, and their answers. */
export interface Deployments {
  /** Only the first subscriber of a component is asked; returns how to unsubscribe. */
  onValidation(component: string, deliver: Deliver): () => void;
  onUpdates(component: string, deliver: Deliver): () => void;
  hasUpdateSubscriber(component: string): boolean;
  /** False if this answer is not awaited, or no longer. */
  answerValidation(component: string, deploymentId: string, verdict: ValidityReport): boolean;
  answerUpdate(component: string, deploymentId: string, recheckAfterMs: number | null): boolean;
  /** Null when the component does not validate; rejected when it does not answer within `limitMs`. */
  validate(
    component: string,
    deploymentId: string,
    configuration: unknown,
    limitMs: number,
  ): Promise<ValidityReport | null>;
  /** Resolves when every subscriber agrees; one that is silent, or defers without a time, takes `limitMs`. */
  announce(deploymentId: string, isGgcRestarting: boolean, limitMs: number): Promise<void>;
  /** Notifies all subscribers that a deployment is done. */
  finish(deploymentId: string): void;
}

type Deliver = (event: JsonObject) => void;

interface PreUpdate {
  readonly deploymentId: string;
  readonly isGgcRestarting: boolean;
}

/** Starts without subscribers. Its timers do not keep the process alive. */
export function deployments(): Deployments {
  const validators = new Map<string, Deliver>();
  const subscribers = new Map<string, Set<Deliver>>();
  const verdicts = pendingAnswers<ValidityReport>();
  const deferrals = pendingAnswers<number | null>();
  const tell = (component: string, event: JsonObject) => {
    for (const deliver of [...(subscribers.get(component) ?? [])]) deliver(event);
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
    answerValidation: (component, deploymentId, verdict) => verdicts.answer(idOf(component, deploymentId), verdict),
    answerUpdate: (component, deploymentId, wait) => deferrals.answer(idOf(component, deploymentId), wait),
    async validate(component, deploymentId, configuration, limitMs) {
      const deliver = validators.get(component);
      if (!deliver) return null;
      const event = { validateConfigurationUpdateEvent: { configuration, deploymentId } };
      const verdict = await verdicts.ask(idOf(component, deploymentId), limitMs, () => deliver(event));
      return verdict ?? { accepted: false, message: `no answer within ${limitMs} ms` };
    },
    async announce(deploymentId, isGgcRestarting, limitMs) {
      const event = { deploymentId, isGgcRestarting };
      await Promise.all(
        [...subscribers.keys()].map((component) => agreement(deferrals, tell, component, event, limitMs)),
      );
    },
    finish(deploymentId) {
      for (const component of [...subscribers.keys()]) tell(component, { postUpdateEvent: { deploymentId } });
    },
  };
}

/** Asks a component until it agrees with the update, or has let its time pass. */
async function agreement(
  deferrals: PendingAnswers<number | null>,
  tell: (component: string, event: JsonObject) => void,
  component: string,
  preUpdateEvent: PreUpdate,
  limitMs: number,
): Promise<void> {
  const id = idOf(component, preUpdateEvent.deploymentId);
  for (;;) {
    const recheckAfterMs = await deferrals.ask(id, limitMs, () => tell(component, { preUpdateEvent }));
    if (recheckAfterMs === undefined || recheckAfterMs === 0) return;
    await new Promise((resolve) => setTimeout(resolve, recheckAfterMs ?? limitMs).unref());
    if (recheckAfterMs === null) return;
  }
}

function idOf(component: string, deploymentId: string): string {
  return JSON.stringify([component, deploymentId]);
}
