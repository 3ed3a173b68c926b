/** A stream of aws-crt. Its promise of an activation is kept when the request has been written to the socket. */
interface NativeStream {
  activate(options: never): Promise<unknown>;
  /** True once activated, and after the stream has ended too. */
  isActive(): boolean;
  close(): void;
}

/** aws-crt's class of streams. */
interface StreamClass {
  readonly prototype: NativeStream;
}

const MENDED = Symbol("mended");

/** Loads the native part of the SDK, which every connection needs, and changes how it closes streams. */
export async function mendStreams(): Promise<void> {
  // loaded when first used: see sdk.ts.
  const { eventstream } = await import("aws-crt");
  closeOnlyActivated(eventstream.ClientStream);
}

/**
 * Keeps a stream of aws-crt (1.33.1) from being freed while it is still used. A stream starts with one reference, which
 * close() gives up, and its activation takes a second one. When the connection drops before the activation was written, the
 * native half gives up a reference because the activation failed and another because the stream has ended: both are gone
 * then. A close() before or after is one too many, and corrupts the heap (docs/upstream/aws-crt-stream-close.md).
 * So only activated streams are closed natively; one that is activated after its close() is closed then.
 */
export function closeOnlyActivated(streams: StreamClass): void {
  if (Object.hasOwn(streams, MENDED)) return;
  Object.defineProperty(streams, MENDED, { value: true });
  const { prototype } = streams;
  const { activate, close } = prototype;
  const closing = new WeakSet<NativeStream>();
  prototype.activate = function activateThenClose(this: NativeStream, options) {
    const activated = activate.call(this, options);
    activated.then(
      () => {
        if (closing.has(this)) close.call(this);
      },
      () => undefined,
    );
    return activated;
  };
  prototype.close = function closeWhenActivated(this: NativeStream) {
    if (this.isActive()) close.call(this);
    else closing.add(this);
  };
}

/**
 * Ends the process when its native part aborts. The part's own handler prints a stack, for which it allocates: after an abort in
 * the allocator it waits for ever. With this one abort() ends the process at once.
 */
export async function endOnAbort(): Promise<void> {
  // Loading it sets its handler, so ours must come after.
  await import("aws-crt");
  process.on("SIGABRT", () => process.exit(134));
}
