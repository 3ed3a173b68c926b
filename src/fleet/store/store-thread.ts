import { type MessagePort, Worker } from "node:worker_threads";
import { StoreError } from "./migrate.js";
import { endedThread, type StoreEvents } from "./store-events.js";
import { READY, type Reply, receiveError, type ThreadRole } from "./worker-protocol.js";

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

const YOUNG_MB = 12;

/** A thread that does a part of the store's work. After it has failed, every call fails. */
export class StoreThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private failure: Error | null = null;
  private isReady = false;

  /** `file`: the built worker-entry.ts. Ports are transferred. */
  constructor(
    file: URL,
    role: ThreadRole,
    private readonly events: StoreEvents,
    ports: readonly MessagePort[] = [],
  ) {
    // Memory for messages and rows is short-lived: a large young generation would only take memory.
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
    this.worker = new Worker(file, { workerData: role, transferList: [...ports], resourceLimits });
    this.worker.on("message", (reply: Reply) => this.settle(reply));
    this.worker.on("error", (error) => this.die(error));
    this.worker.on("exit", (code) => this.die(new StoreError(`A thread of the store has ended with code ${code}`)));
  }

  /** Resolves once the thread has opened what it works on. */
  ready(): Promise<void> {
    return this.expect(READY);
  }

  /** The reply with this id; it may be the thread's answer to what another thread sent it. */
  expect<T>(id: number): Promise<T> {
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise<T>((resolve, reject) =>
      this.waiting.set(id, { resolve: resolve as Waiting["resolve"], reject }),
    );
  }

  /** Makes this thread fail if another one does, from which its answers come. */
  failWith(other: StoreThread): void {
    other.worker.on("error", (error) => this.fail(endedThread(error)));
    other.worker.on("exit", () => this.fail(new StoreError("A thread of the store has ended")));
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    this.worker.postMessage(message, [...transfer]);
  }

  call<T>(id: number, method: string, ...parameters: readonly unknown[]): Promise<T> {
    const reply = this.expect<T>(id);
    // A failed one is not asked: nobody waits for it, and a process that ends in the middle of a native call aborts.
    if (this.failure === null) this.post({ id, method, parameters });
    return reply;
  }

  async end(): Promise<void> {
    this.failure ??= new StoreError("The store is closed");
    await this.worker.terminate();
  }

  private settle(reply: Reply): void {
    if ("keysProblem" in reply) {
      this.events.onListing(reply.keysProblem);
      return;
    }
    if (reply.id === READY) this.isReady = true;
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ("error" in reply) waiting?.reject(receiveError(reply.error));
    else waiting?.resolve(reply.result as never);
  }

  private die(error: Error): void {
    if (this.failure !== null) return;
    // Before the thread is ready, opening the store fails with the error itself.
    if (!this.isReady) {
      this.fail(error);
      return;
    }
    const ended = endedThread(error);
    this.events.onDeath(ended);
    this.fail(ended);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}
