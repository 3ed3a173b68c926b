import { parseJson } from "../../base/json.js";
import type { DeviceFacts } from "../../device/facts.js";
import { parseFacts } from "../../device/parse-facts.js";
import type { ReportedAgent, ReportedDevice } from "../../report/report.js";
import type { Reader, Row, Unpack } from "../store/database.js";
import type { ChainFaults } from "./chain-faults.js";
import { missingRanges } from "./delivery.js";
import { deviceIsKnown, isUnstorable, statesAtSql } from "./device-filter.js";
import { deviceItems } from "./device-list.js";
import { byWeight, FINDING_COLUMNS, findingView, openThen } from "./finding-rows.js";
import type { PointInTime } from "./freshness.js";
import { Parameters } from "./parameters.js";
import { LATEST_FIRST, pastDevice } from "./past-device.js";
import { numberIn, objectIn, textIn, textOrNull } from "./row-values.js";
import { driftIn, runnableIn, verdictRank } from "./verdict-rank.js";
import type { DeviceView, EpochView, FindingView, JobState } from "./views.js";

/** Everything about one device; null if there is no such device, or was none at that time. */
export async function viewDevice(
  reader: Reader,
  unpack: Unpack,
  thing: string,
  moment: PointInTime,
  chainFaultsOf: ChainFaults,
): Promise<DeviceView | null> {
  if (isUnstorable(thing)) return null;
  const parameters = new Parameters();
  const known = moment.isNow ? "1 = 1" : deviceIsKnown(moment, parameters);
  const sql = `SELECT t.first_heard, t.expected, t.has_signed, t.device, t.agent, t.facts_digest, t.facts_at,
    CASE WHEN ${known} THEN 1 ELSE 0 END AS known FROM thing t WHERE t.thing = ${parameters.of(thing)}`;
  const [[item], [row], states, epochs, changes, chainFaults] = await Promise.all([
    deviceItems(reader, [thing], moment),
    reader.all(sql, parameters.values),
    statesOf(reader, thing, moment),
    epochsOf(reader, thing),
    laterChanges(reader, thing, moment),
    chainFaultsOf(thing, moment),
  ]);
  if (item === undefined || row === undefined) return null;
  const firstHeardAt = textOrNull(row, "first_heard");
  const expected = numberIn(row, "expected") === 1;
  const wasHeard = firstHeardAt !== null && firstHeardAt <= moment.at;
  // See thingIsThere.
  if (!moment.isNow && !wasHeard && !expected && states.length === 0) return null;
  const isKnown = numberIn(row, "known") === 1;
  const factsAt = textOrNull(row, "facts_at");
  const hasFacts = factsAt !== null && (moment.isNow || factsAt <= moment.at);
  return {
    ...item,
    firstHeardAt,
    expected,
    hasSigned: numberIn(row, "has_signed") === 1,
    device: isKnown ? reportedDevice(pastDevice(objectIn(row, "device"), changes)) : null,
    agent: isKnown ? (objectIn(row, "agent") as ReportedAgent | null) : null,
    states,
    facts: hasFacts ? await factsOf(reader, unpack, textOrNull(row, "facts_digest")) : null,
    factsAt: hasFacts ? factsAt : null,
    epochs,
    chainFaults,
  };
}

/** Stored facts by their digest; null if they are missing or cannot be read. */
async function factsOf(reader: Reader, unpack: Unpack, digest: string | null): Promise<DeviceFacts | null> {
  if (digest === null) return null;
  const [row] = await reader.all("SELECT dictionary, body FROM facts WHERE digest = $1", [digest]);
  return row === undefined ? null : readFacts(row, unpack);
}

/** The facts in a row; null if an older version stored something that this one cannot read. */
export async function readFacts(row: Row, unpack: Unpack): Promise<DeviceFacts | null> {
  if (!(row.body instanceof Uint8Array)) return null;
  try {
    return parseFacts(parseJson(await unpack({ dictionary: numberIn(row, "dictionary"), body: row.body })));
  } catch {
    return null;
  }
}

async function statesOf(reader: Reader, thing: string, moment: PointInTime): Promise<readonly JobState[]> {
  const [states, findings] = await Promise.all([stateRows(reader, thing, moment), openFindings(reader, thing, moment)]);
  const views = states.map((row): JobState => {
    const [project, job] = [textIn(row, "project"), textIn(row, "job")];
    const since = textIn(row, "since");
    return {
      project,
      job,
      drift: driftIn(textIn(row, "drift")),
      runnable: runnableIn(textIn(row, "runnable")),
      since,
      checkedAt: textOrNull(row, "checked_at") ?? since,
      receivedAt: textOrNull(row, "received_at") ?? since,
      report: reportBehind(row),
      findings: findings.filter((finding) => finding.project === project && finding.job === job),
    };
  });
  return views.sort(
    (a, b) =>
      verdictRank(b.runnable, b.drift) - verdictRank(a.runnable, a.drift) ||
      compareTexts(a.project, b.project) ||
      compareTexts(a.job, b.job),
  );
}

function stateRows(reader: Reader, thing: string, moment: PointInTime): Promise<readonly Row[]> {
  if (moment.isNow) {
    const columns = "project, job, drift, runnable, since, checked_at, received_at, report_epoch, report_sequence";
    return reader.all(`SELECT ${columns} FROM state WHERE thing = $1`, [thing]);
  }
  const parameters = new Parameters();
  const sql = statesAtSql(parameters.of(thing), moment, parameters);
  return reader.all(sql, parameters.values);
}

function reportBehind(row: Row): JobState["report"] {
  const epoch = textOrNull(row, "report_epoch") ?? "";
  return epoch === "" ? null : { epoch, sequence: numberIn(row, "report_sequence") };
}

async function openFindings(reader: Reader, thing: string, moment: PointInTime): Promise<readonly FindingView[]> {
  const parameters = new Parameters();
  const where = `f.thing = ${parameters.of(thing)} AND ${openThen("f", moment.isNow ? null : parameters.of(moment.at))}`;
  const rows = await reader.all(`SELECT ${FINDING_COLUMNS} FROM finding f WHERE ${where}`, parameters.values);
  return rows.map(findingView).sort(byWeight);
}

async function laterChanges(reader: Reader, thing: string, moment: PointInTime): Promise<readonly Row[]> {
  if (moment.isNow) return [];
  return reader.all(`SELECT delta FROM change WHERE thing = $1 AND at > $2 ${LATEST_FIRST}`, [thing, moment.at]);
}

/** The newest epoch first. */
async function epochsOf(reader: Reader, thing: string): Promise<readonly EpochView[]> {
  const [epochs, lost] = await Promise.all([
    reader.all(
      "SELECT epoch, heard, first AS first_sequence, contiguous, acked, stored, named FROM epoch WHERE thing = $1 ORDER BY born DESC, epoch LIMIT 100",
      [thing],
    ),
    reader.all(
      "SELECT epoch, from_sequence, to_sequence, count AS number, given_up_by FROM lost WHERE thing = $1 ORDER BY epoch, from_sequence LIMIT 1000",
      [thing],
    ),
  ]);
  return epochs.map((row) => {
    const epoch = textIn(row, "epoch");
    return {
      epoch,
      first: numberIn(row, "first_sequence"),
      contiguous: numberIn(row, "contiguous"),
      acked: numberIn(row, "acked"),
      heardAt: textIn(row, "heard"),
      missing: missingRanges(row),
      lost: lost
        .filter((one) => textIn(one, "epoch") === epoch)
        .map((one) => ({
          from: numberIn(one, "from_sequence"),
          to: numberIn(one, "to_sequence"),
          count: numberIn(one, "number"),
          givenUpBy: textOrNull(one, "given_up_by"),
        })),
    };
  });
}

/** The store has the device as it was received, and a change of `gpus` as joined texts. */
function reportedDevice(device: Readonly<Record<string, unknown>> | null): ReportedDevice | null {
  if (device === null) return null;
  const { gpus } = device;
  const listed = Array.isArray(gpus) ? gpus : typeof gpus === "string" && gpus !== "" ? gpus.split(", ") : [];
  return { ...device, gpus: listed } as unknown as ReportedDevice;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
