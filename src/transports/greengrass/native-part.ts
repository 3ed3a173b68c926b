/** A stream of aws-crt. `activate` resolves when the request has been written to the socket. */
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

const PATCHED = Symbol("patched");

/** Loads the native part of the SDK, which every connection needs, and patches how it closes streams. */
export async function patchStreams(): Promise<void> {
  // Loaded on first use: see sdk.ts.
  const { eventstream } = await import("aws-crt");
  closeOnlyActivated(eventstream.ClientStream);
}

/**
 * Keeps a stream of aws-crt (1.33.1) from being freed while it is still used. A stream starts with one reference, which close()
 * releases, and activating it takes a second one. When the connection drops before the activation was written, the native side
 * releases one because the activation failed and one because the stream has ended: both are gone. A close() before or after
 * that is one too many, and corrupts the heap (docs/upstream/aws-crt-stream-close.md). So only activated streams are closed
 * natively; a stream closed earlier is closed once it is activated.
 */
export function closeOnlyActivated(streams: StreamClass): void {
  if (Object.hasOwn(streams, PATCHED)) return;
  Object.defineProperty(streams, PATCHED, { value: true });
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
 * Ends the process when its native part aborts. The native part's own handler prints a stack, for which it allocates, so after
 * an abort inside the allocator it hangs forever. With this handler abort() ends the process at once.
 */
export async function endOnAbort(): Promise<void> {
  // Loading it sets its handler, so ours must come after.
  await import("aws-crt");
  process.on("SIGABRT", () => process.exit(134));
}
