/** A stream of aws-crt, as far as it is mended here. */
interface Stream {
  close(): void;
}

/** aws-crt's class of streams. */
interface StreamClass {
  readonly prototype: Stream;
  _s_on_stream_activated(resolve: unknown, reject: unknown, stream: Stream, errorCode: number): void;
}

const MENDED = Symbol("mended");
/** By then the native half has told whatever it has to tell of a stream. */
const LAST_WORD_MS = 1_000;

/**
 * Loads the native part of the SDK, which the connection needs anyway, and mends what would end the component, or leave it
 * standing still for good.
 */
export async function mendNativePart(): Promise<void> {
  // Loaded when first used: see greengrass.ts.
  const { eventstream } = await import("aws-crt");
  mendStreams(eventstream.ClientStream as unknown as StreamClass);
  // Its own handler prints a stack, for which it allocates: after an abort in the allocator it waits for ever. With ours
  // abort() ends the process at once.
  process.on("SIGABRT", () => process.exit(134));
}

/**
 * Keeps a stream of aws-crt (1.33.1) from being freed twice. Where the connection drops while the first message of a stream is
 * being written, the native half tells both that the activation failed and that the stream has ended, and gives up a reference for
 * each, although it holds one; the reference that close() gives up then lies in memory that is somebody else's. Seen in one of
 * six drops within milliseconds of a call. So a stream whose activation failed is not closed, and others are once it is known.
 */
export function mendStreams(streams: StreamClass): void {
  if (Object.hasOwn(streams, MENDED)) return;
  Object.defineProperty(streams, MENDED, { value: true });
  const failed = new WeakSet<Stream>();
  const activated = streams._s_on_stream_activated;
  streams._s_on_stream_activated = (resolve, reject, stream, errorCode) => {
    if (errorCode !== 0) failed.add(stream);
    activated.call(streams, resolve, reject, stream, errorCode);
  };
  const { close } = streams.prototype;
  streams.prototype.close = function closeLater(this: Stream) {
    const timer = setTimeout(() => {
      if (!failed.has(this)) close.call(this);
    }, LAST_WORD_MS);
    timer.unref();
  };
}
