/**
 * The duties, each of which one process at a time performs for all that share a store: `devices` sends requests,
 * settles epochs and takes over what a process that died left unsent; `alarms` evaluates and sends notices; `retention`
 * deletes what is too old.
 */
export const DUTIES = ["devices", "alarms", "retention"] as const;
export type DutyName = (typeof DUTIES)[number];

/** `changed`: something was stored, so that open pages follow. `asked`: a person has made a request. */
export const ANNOUNCEMENTS = ["changed", "asked"] as const;
export type Announcement = (typeof ANNOUNCEMENTS)[number];

/** The work that runs while this process holds a duty. */
export interface Work {
  /** Resolves when none of it is running any more. */
  stop(): Promise<void>;
}

/** A process that can take a duty. */
export interface Candidate {
  /**
   * Whether it can do the work now. A process without a connection to the broker cannot, and passes the duty to one
   * that can.
   */
  isAble(): boolean;
  /** Starts the work. Check `isMine` before everything that two processes must not do at the same time. */
  begin(isMine: () => boolean): Work;
}

/** A duty that this process wants. */
interface DutyHandle {
  /** Whether this process may do the work now: then no other does. */
  isMine(): boolean;
  /** Ends the work and leaves the duty to others. */
  stop(): Promise<void>;
}

/** The processes that share a store. */
export interface Peers {
  /** Whether this is the only process that can use the store. */
  readonly isAlone: boolean;
  /** Takes the duty as soon as no other process holds it, and again after it was lost. */
  seek(duty: DutyName, candidate: Candidate): DutyHandle;
  /** The duties that this process holds. */
  duties(): readonly DutyName[];
  /** Notifies the other processes; lost if the connection to the store is lost. */
  announce(what: Announcement): void;
  /** Calls the listener with what others announce, and after a time in which announcements may have been lost. */
  subscribe(listener: (what: Announcement) => void): () => void;
}

/** The peers of a process that is alone on its store: it holds every duty. */
export function alone(): Peers {
  const mine = new Set<DutyName>();
  return {
    isAlone: true,
    duties: () => [...mine],
    seek(duty, candidate) {
      const isMine = () => mine.has(duty);
      mine.add(duty);
      const work = candidate.begin(isMine);
      return {
        isMine,
        async stop() {
          mine.delete(duty);
          await work.stop();
        },
      };
    },
    announce() {},
    subscribe: () => () => {},
  };
}
