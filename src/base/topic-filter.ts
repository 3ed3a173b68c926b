/** Whether an MQTT topic filter matches a topic; `a/#` matches `a` too, a first wildcard does not match a leading `$`. */
export function filterMatches(filter: string, topic: string): boolean {
  return covers(filter, topic);
}

/** Whether everything that filter `b` matches is matched by filter `a` as well. */
export function covers(a: string, b: string): boolean {
  if (b.startsWith("$") && /^[+#]/.test(a)) return false;
  const wide = a.split("/");
  const narrow = b.split("/");
  for (const [i, level] of wide.entries()) {
    if (level === "#") return true;
    const other = narrow[i];
    if (other === undefined || other === "#" || (level !== "+" && level !== other)) return false;
  }
  return wide.length === narrow.length;
}
