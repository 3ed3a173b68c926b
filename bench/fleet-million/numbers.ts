/** A number for people: with a digit behind the point below 10, and with commas. */
export function shownNumber(value: number): string {
  return (value < 10 ? Math.round(value * 10) / 10 : Math.round(value)).toLocaleString("en");
}
