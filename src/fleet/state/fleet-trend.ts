import type { Reader } from "../store/database.js";
import type { PointInTime } from "./freshness.js";
import { type History, rankAt, verdictHistories } from "./verdict-counts.js";
import { DRIFTS, RUNNABLES } from "./verdict-rank.js";
import type { TrendPoint } from "./views.js";

/** How many things had problems at each time, oldest first. */
export async function trendOf(reader: Reader, moments: readonly PointInTime[]): Promise<readonly TrendPoint[]> {
  const times = moments.map(({ at }) => at);
  return countAt(times, await verdictHistories(reader, times));
}

/** Counts what held at each time: each thing by the worst of its spells. */
function countAt(times: readonly string[], histories: readonly History[]): TrendPoint[] {
  const points = times.map((at) => ({ at, things: 0, wontRun: 0, drifted: 0 }));
  for (const { spells, things } of histories) {
    for (const [index, point] of points.entries()) {
      const rank = rankAt(spells, index);
      if (rank === null) continue;
      point.things += things;
      if (rank >= WONT_RUN) point.wontRun += things;
      if (rank % DRIFTS.length === DRIFTED) point.drifted += things;
    }
  }
  return points;
}

const WONT_RUN = DRIFTS.length * RUNNABLES.indexOf("WILL_NOT_RUN");
const DRIFTED = DRIFTS.indexOf("DRIFTED");
