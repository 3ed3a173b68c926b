/** The part of `Intl` that node-cron uses, for UTC only: the bundle has it in place of ICU (scripts/build.mjs). */
// biome-ignore lint/suspicious/noShadowRestrictedNames: it stands in for it
export const Intl = {
  DateTimeFormat: class {
    readonly #zoneOnly: boolean;

    constructor(_locale: string, options: { readonly timeZone?: string; readonly timeZoneName?: string }) {
      if (options.timeZone !== "UTC")
        throw new RangeError(`Only the time zone "UTC" is built in, not "${options.timeZone}"`);
      this.#zoneOnly = options.timeZoneName !== undefined;
    }

    /** What `Intl.DateTimeFormat("en-US", …).formatToParts` returns for the fields node-cron asks for. */
    formatToParts(date: Date): readonly { readonly type: string; readonly value: string }[] {
      if (this.#zoneOnly) return [{ type: "timeZoneName", value: "GMT" }];
      return [
        { type: "weekday", value: WEEKDAYS[date.getUTCDay()] ?? "" },
        { type: "month", value: String(date.getUTCMonth() + 1) },
        { type: "day", value: String(date.getUTCDate()) },
        { type: "year", value: String(date.getUTCFullYear()) },
        { type: "hour", value: String(date.getUTCHours()) },
        { type: "minute", value: String(date.getUTCMinutes()) },
        { type: "second", value: String(date.getUTCSeconds()) },
      ];
    }
  },
};

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
