const INSTANT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]?\d\d:?\d\d)?)?$/i;

/**
 * Unix milliseconds of a date, or of a date and time, in ISO 8601; NaN for any other text. Without a zone it is UTC, whatever
 * the zone of this machine. A blank may stand for the plus of a zone, since addresses decode one as the other.
 */
export function instantMs(text: string): number {
  const [, day, time = "00:00", zone = "Z"] = INSTANT.exec(text) ?? [];
  return day === undefined
    ? Number.NaN
    : Date.parse(`${day}T${time}${/^\d/.test(zone) ? `+${zone}` : zone.toUpperCase()}`);
}
