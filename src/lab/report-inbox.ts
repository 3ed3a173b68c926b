import { joinParts } from "../report/parts.js";
import { renderReport, type TextStyle } from "../report/render-report.js";
import type { Report } from "../report/report.js";
import { nextCheckNote } from "./lab-status.js";

interface InboxOptions {
  readonly once: boolean;
  readonly format: "text" | "json";
  readonly style: TextStyle;
  readonly out: (text: string) => void;
  readonly status: (line: string | null) => void;
}

/** The reports that have come to the lab's broker. */
export interface Inbox {
  readonly complete: Promise<"complete">;
  reports(): readonly Report[];
  take(message: { readonly payload: Buffer }): void;
}

/** Shows each report as it arrives, its parts joined; complete when every job, or model without one, had one. */
export function receive(options: InboxOptions, models: number): Inbox {
  const newest = new Map<string, Report>();
  const parts = joinParts();
  let finish = (_: "complete") => {};
  const complete = new Promise<"complete">((resolve) => {
    finish = resolve;
  });
  return {
    complete,
    reports: () => [...newest.values()],
    take(message: { readonly payload: Buffer }) {
      const text = message.payload.toString("utf8");
      if (options.format === "json") options.out(`${text}\n`);
      const report = parts.add(JSON.parse(text));
      if (report === null) return;
      if (options.format === "text") options.out(`${renderReport(report, options.style)}\n`);
      if (!options.once && newest.size === models) options.status(nextCheckNote(Date.now()));
      newest.set(`${report.job.project}/${report.job.name ?? report.component.name}`, report);
      if (newest.size === models) finish("complete");
    },
  };
}
