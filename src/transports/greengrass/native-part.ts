import { constants, copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { freeNameSync } from "../../platform/durable-files.js";
import { folderProblem } from "../../platform/safe-files.js";

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

/** Where aws-crt looks for its native part. */
const NATIVE_FILE = "AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH";

/**
 * Loads the native part of the SDK from a copy in `folder` that is gone afterwards. Nucleus lite copies the artifacts of a
 * deployment over those of the same version that run, and code whose file is cut off and written anew crashes the process on its
 * next use. Where there can be no copy, because the disk is full, nothing in `folder` may be executed or others may write to
 * it, `file` itself is loaded.
 */
export async function loadNativePart(file: string, folder: string): Promise<void> {
  const copy = join(folder, ".native-part.node");
  const isFromCopy = folderProblem(folder) === null && isLoadedFromCopy(file, copy);
  process.env[NATIVE_FILE] = isFromCopy ? copy : file;
  try {
    await endOnAbort();
  } finally {
    process.env[NATIVE_FILE] = file;
    remove(copy);
  }
}

/** Node.js then gives the copy to everyone who asks for its path. */
function isLoadedFromCopy(file: string, copy: string): boolean {
  try {
    remove(copy);
    copyFileSync(file, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    createRequire(copy)(copy);
    return true;
  } catch {
    return false;
  }
}

function remove(path: string): void {
  try {
    freeNameSync(path);
  } catch {
    // A folder that cannot be written to has no copy; another one is removed by the next start.
  }
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
