/** A file's owner and mode, as stat returns them. */
interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Throws unless only its owner can read a secret's file. */
export function checkPrivate(path: string, found: Owned): void {
  const problem = privacyProblem(found);
  if (problem !== null) throw new Error(`"${path}" ${problem}`);
}

/**
 * Why other users than its owner can read a secret's file, as the end of a sentence that names it; null if they cannot. Since release
 * 254 systemd passes a credential as a file of root with an access list for the service's user, which shows as 0440 (its issue 29435);
 * only root is in root's group.
 */
export function privacyProblem({ mode: bits, uid, gid }: Owned): string | null {
  const mode = bits & 0o777;
  if ((mode & 0o077) === 0 || (mode === 0o440 && uid === 0 && gid === 0)) return null;
  return `may be read by others: its mode must be 0600 or 0400, is 0${mode.toString(8)}`;
}
