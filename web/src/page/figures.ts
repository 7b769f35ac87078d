const whole = new Intl.NumberFormat("en");
const plurals: Record<string, string> = { copy: "copies", match: "matches" };

/** A count with its noun: “1,120 pictures”, “1 copy”. */
export function counted(count: number, noun: string): string {
  return `${whole.format(count)} ${count === 1 ? noun : (plurals[noun] ?? `${noun}s`)}`;
}

/** A size in bytes for people, in powers of 1,000: “84.7 kB”. */
export function sized(bytes: number): string {
  if (bytes < 1000) return counted(bytes, "byte");
  const kilobytes = bytes / 1000;
  const [value, unit] = kilobytes < 1000 ? [kilobytes, "kB"] : [kilobytes / 1000, "MB"];
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

const dayAndTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** An RFC 3339 time as day and minute where the reader is. */
export function dated(time: string): string {
  return dayAndTime.format(new Date(time));
}
