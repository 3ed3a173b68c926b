/** The two runtimes of Greengrass v2: the Java nucleus ("classic") and nucleus lite ("lite"). */
export type Flavour = "classic" | "lite";

/** Differences between the runtimes, on the wire and in a component's environment. */
interface FlavourRules {
  /** The nucleus's own component, as GetConfiguration and ListComponents name it. */
  readonly nucleusComponent: string;
  /** The value of GGC_VERSION. */
  readonly version: string;
  /** The IPC socket's name in the root folder. */
  readonly socketName: string;
  /** The longest IPC message in either direction: a longer one ends the connection. */
  readonly maxFrameBytes: number;
  /** The longest recipe file that can be deployed. */
  readonly maxRecipeBytes: number;
  /** The longest JSON of one list, text or number in a configuration; maps are stored value by value. */
  readonly maxValueBytes: number;
  /** `:message-flags` of the answer to a request without stream: 2 ends the stream, 0 leaves that to the client. */
  readonly answerFlags: number;
}

/** The rules of each runtime, from their sources: nucleus 2.17.0, nucleus lite 2.6.0. */
export const FLAVOURS: Readonly<Record<Flavour, FlavourRules>> = {
  classic: {
    nucleusComponent: "aws.greengrass.Nucleus",
    version: "2.17.0",
    socketName: "ipc.socket",
    maxFrameBytes: 24 * 1024 * 1024,
    maxRecipeBytes: 16_000,
    maxValueBytes: Number.POSITIVE_INFINITY,
    answerFlags: 2,
  },
  lite: {
    nucleusComponent: "aws.greengrass.NucleusLite",
    version: "2.6.0",
    socketName: "gg-ipc.socket",
    maxFrameBytes: 10_000,
    maxRecipeBytes: 8_196,
    maxValueBytes: 1_024,
    answerFlags: 0,
  },
};
