/** Longer than the client takes to report the end of a connection after a call that failed because of it. */
const END_IS_TOLD_MS = 200;

/** Reports trouble a little later, and not at all where the connection is over by then: its end is what there is to say. */
export function unlessOver(
  report: (what: string, error: unknown) => void,
  isOver: () => boolean,
): (what: string, error: unknown) => void {
  return (what, error) => {
    setTimeout(() => {
      if (!isOver()) report(what, error);
    }, END_IS_TOLD_MS).unref();
  };
}
