import { known } from "../../device/facts.js";
import { parseConfiguration } from "../../examiner/raw-configuration.js";
import { heartbeat } from "../../report/make-report.js";
import type { UnnumberedReport } from "../../report/report.js";
import type { FloorPlan } from "./floor-plan.js";
import { memoryDisk } from "./memory-store.js";
import type { RecordedMachine } from "./recorded-machines.js";
import { virtualExaminer } from "./virtual-examiner.js";
import { archiveOf } from "./virtual-fleet.js";

/** What devices of one kind report, except for their names, times and numbers. */
export interface PreparedReports {
  readonly complete: UnnumberedReport;
  readonly heartbeat: UnnumberedReport;
}

/** The reports of each device of a plan, and of each Xavier with another JetPack, examined once as the component does. */
export async function preparedReports(
  { devices }: FloorPlan,
  machines: ReadonlyMap<string, RecordedMachine>,
  answers: readonly unknown[],
): Promise<readonly PreparedReports[]> {
  const upgraded = machines.get("agx-xavier-jp511")?.facts;
  const jetsons = devices.filter(({ facts }) => known(facts.jetson)?.family === "xavier");
  const changed = upgraded === undefined ? [] : jetsons.map((device) => ({ ...device, facts: upgraded }));
  const jobs = archiveOf(answers, "archive http://127.0.0.1:8080", Date.now);
  return Promise.all(
    [...devices, ...changed].map(async (device): Promise<PreparedReports> => {
      const examine = virtualExaminer({
        jobs,
        now: Date.now,
        facts: () => device.facts,
        deployed: () => device.deployed,
        files: memoryDisk().files,
        parseSettings: parseConfiguration,
      });
      const found = await examine({
        thing: device.thing,
        trigger: "SCHEDULE",
        configuration: { jobs: [...device.jobs], schedule: device.schedule },
        agent: { version: PACKDRIFT_VERSION, node: process.version, outbox: "disk", problems: [] },
      });
      const report = found.kind === "done" ? found.reports[0]?.report : undefined;
      if (report === undefined) throw new Error(`${device.thing} made no report`);
      return { complete: report, heartbeat: heartbeat(report) };
    }),
  );
}
