import type { DeviceFacts, Library, Reading } from "./facts.js";
import { jetpackMajor, jetpackRelease } from "./tables/jetpack-releases.js";

/** What L4T implies about libraries whose version no file states; null if nothing may be inferred. */
interface InferredLibraries {
  readonly cuda: Reading<Library> | null;
  readonly cudnn: Reading<Library> | null;
  readonly tensorrt: Reading<Library> | null;
}

/**
 * The libraries of the L4T release's JetPack, as INFERRED and not installed. Only on JetPack 4 and 5, which installed
 * them with L4T; only on the host, since a container brings its own; and only for a library whose version no file
 * states.
 */
export function inferLibraries(facts: DeviceFacts): InferredLibraries {
  const none = { cuda: null, cudnn: null, tensorrt: null };
  const { l4t, jetson, container } = facts;
  if (l4t.state !== "known" || jetson.state !== "known" || container.state !== "known" || container.value) return none;
  const major = jetpackMajor(l4t.value);
  const release = jetpackRelease(l4t.value);
  if (release === null || (major !== 4 && major !== 5)) return none;
  const infer = (seen: Reading<Library>, version: string | null): Reading<Library> | null => {
    // "absent" means that the loader's folders were searched, so nothing may be inferred against it.
    if (seen.state !== "unreadable" || version === null) return null;
    const from = `table of L4T releases (${l4t.value})`;
    return { state: "known", value: { version, installed: [] }, from, confidence: "INFERRED" };
  };
  return {
    cuda: infer(facts.cuda, release.cuda),
    cudnn: infer(facts.cudnn, release.cudnn),
    tensorrt: infer(facts.tensorrt, release.tensorrt),
  };
}
