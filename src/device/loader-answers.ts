/** What the dynamic loader of this machine gives for one library that a program names. */
export interface LoaderAnswer {
  /** `libnvinfer.so.7` */
  readonly soname: string;
  /** MISSING only where the loader's cache was read: then what it does not give is known not to be given. */
  readonly state: "FOUND" | "MISSING" | "UNKNOWN";
  /** The file that it gives, links followed; null unless FOUND. */
  readonly path: string | null;
  /** Why it is missing or unknown, to follow "because"; null where it was found. */
  readonly why: string | null;
  /** The newest version of C++ symbols that libstdc++ defines: `3.4.25`; missing for other libraries. */
  readonly glibcxx?: string;
}
