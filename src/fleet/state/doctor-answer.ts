import { isObject, jsonObjectIn } from "../../base/json.js";
import type { DoctorLineView, DoctorView, RequestAnswer } from "./views.js";

/** An answer to a request, and the request. */
export interface RequestedAnswer extends RequestAnswer {
  readonly request: string;
  readonly askedBy: string;
  readonly askedAt: string;
}

const STATES = ["PROBLEM", "NOTE", "NOT_TRIED"] as const;
const MOST_LINES = 100;
const MOST_CHARACTERS = 2_000;

/** Parses a device's doctor answer. It comes from the device, so unexpected members are left out. */
export function doctorView({ thing: _, status, answer, sentAt: __, ...about }: RequestedAnswer): DoctorView {
  const { why, result } = jsonObjectIn(answer ?? "") ?? {};
  const page = isObject(result) ? result : {};
  return {
    ...about,
    status,
    why: textIn(why),
    version: textIn(page.version),
    well: typeof page.well === "boolean" ? page.well : null,
    lines: linesIn(page.lines),
    ok: listIn(page.ok).flatMap((each) => textIn(each) ?? []),
    leftOut: textIn(page.leftOut),
  };
}

/** The lines about which something has to be done first. */
function linesIn(value: unknown): readonly DoctorLineView[] {
  const lines = listIn(value).flatMap((each): DoctorLineView[] => {
    if (!isObject(each)) return [];
    const state = STATES.find((one) => one === each.state);
    if (state === undefined) return [];
    const { id, tried, found, fix } = each;
    return [{ id: textIn(id) ?? "", state, tried: textIn(tried) ?? "", found: textIn(found) ?? "", fix: textIn(fix) }];
  });
  return STATES.flatMap((state) => lines.filter((line) => line.state === state));
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MOST_LINES) : [];
}

function textIn(value: unknown): string | null {
  return typeof value === "string" ? value.slice(0, MOST_CHARACTERS) : null;
}
