const TIME = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** `30 Nov, 10:04:05`; seconds since 1970. */
export function atWords(at: number): string {
  return TIME.format(at * 1000);
}

/** When something was, from then to then. */
export function spanWords(from: number, to: number): string {
  return atWords(from) === atWords(to) ? atWords(from) : `${atWords(from)} to ${atWords(to)}`;
}
