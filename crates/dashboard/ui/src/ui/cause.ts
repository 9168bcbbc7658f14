// What the platform says of a failure, in two: what happened, and what the engine or the database said, in their own words.

export interface Cause {
  /** What happened. */
  words: string;
  /** What programs said; for who knows them. */
  details?: string;
}

/** "The container engine did not start it: …", and what was in the way of a look: "… (PostgreSQL did not answer: …)". */
const REFUSED = /(?:the container engine|PostgreSQL) (?:refuses to|did not) [^:(]+/i;
const AT_ITS_END = new RegExp(`^(.*?${REFUSED.source}): (.+)$`, "is");
const IN_BRACKETS = new RegExp(`^(.*?) \\((${REFUSED.source}: .+)\\)$`, "is");

export function causeOf(cause: string): Cause {
  const [, words, details] = IN_BRACKETS.exec(cause) ?? AT_ITS_END.exec(cause) ?? [];
  return words === undefined || details === undefined ? { words: cause } : { words, details };
}
