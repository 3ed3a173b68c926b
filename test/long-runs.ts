/**
 * Some files are run twice: briefly by `npm test`, so that people run it, and in full by `npm run test:long`. CI runs both.
 * Starting a process costs most of a flow, and a property holds for a few hundred inputs or it does not hold.
 */
export const isLong = process.env.TEST_LONG === "yes";

/** Both nuclei: lite, the less forgiving one, first. */
export const FLAVOURS = ["lite", "classic"] as const;

/** The nuclei that these flows are played on: lite, and the classic one in the long run. */
export const NUCLEI: readonly ("classic" | "lite")[] = [isLong ? "classic" : "lite"];

/**
 * For flows that show on a whole device what unit tests show of its parts: none in `npm test`, both nuclei in the long run. Each
 * flow starts two processes or more, a second of processor time.
 */
export const IN_FULL: readonly ("classic" | "lite")[] = isLong ? FLAVOURS : [];

/** Of several alike cases the first is played by `npm test`, the others in the long run: each of a flow's costs a second. */
export function alike<T>(...[first, ...others]: readonly [T, ...T[]]): readonly T[] {
  return isLong ? others : [first];
}

/** How many inputs a property is tried with. */
export function runs(inFull: number): number {
  return isLong ? inFull : Math.ceil(inFull / 10);
}

/** The files that use the above. */
export const RUN_TWICE = [
  "test/flows/{archive,check-model,cli,cli-use,config-check,import-model,inputs,model,preflight,snapshot,terminal-safety,unreadable-inputs}.test.ts",
  "test/flows/{archive-clients,component,find-model,greengrass-root,requests,veto}.test.ts",
  "test/{base/elf,device/fact-file,archive/import/recognise,outbox/faults}.test.ts",
  "test/drift/{compare,preflight}.test.ts",
  "test/fleet/{ingest/apply,receiving/receive-fuzz,store/sqlite}.test.ts",
  "test/{fuzz/parsers,transports/greengrass/native-part}.test.ts",
];
