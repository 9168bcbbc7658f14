// Days as people choose them, where they are, and the moments that the API takes.

/** The moment at which a day of a date field begins. */
export function beginOf(day: string): string {
  return midnight(day, 0)?.toISOString() ?? "";
}

/** The moment at which it is over: what is chosen as the last day belongs to it. */
export function endOf(day: string): string {
  return midnight(day, 1)?.toISOString() ?? "";
}

/** The day, for a date field, that begins at that moment, or in which it is; empty: it is none. */
export function dayFrom(moment: string | undefined): string {
  return dayOf(new Date(moment ?? ""));
}

/** The last day before that moment. */
export function dayUntil(moment: string | undefined): string {
  return dayOf(new Date(Date.parse(moment ?? "") - 1));
}

function midnight(day: string, later: number): Date | undefined {
  const date = new Date(`${day}T00:00:00`);
  // A day is not always 24 hours long.
  date.setDate(date.getDate() + later);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function dayOf(date: Date): string {
  if (Number.isNaN(date.getTime())) return "";
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, "0")).join("-");
}
