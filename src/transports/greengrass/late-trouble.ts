/** Longer than the client takes to report the end of a connection after a call that failed because of it. */
const END_REPORTED_MS = 200;

/** Delays reports of trouble, and drops them if the connection has ended by then: its end is reported instead. */
export function unlessOver(
  report: (what: string, error: unknown) => void,
  isOver: () => boolean,
): (what: string, error: unknown) => void {
  return (what, error) => {
    setTimeout(() => {
      if (!isOver()) report(what, error);
    }, END_REPORTED_MS).unref();
  };
}
