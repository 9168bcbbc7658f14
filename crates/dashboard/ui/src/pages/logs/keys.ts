// What the keyboard does in the log. Only while the log has the focus, so that no letter does anything elsewhere (WCAG 2.1.4).

export type Deed =
  | "follow"
  | "next"
  | "previous"
  | "extend-next"
  | "extend-previous"
  | "first"
  | "last"
  | "next-error"
  | "previous-error"
  | "load"
  | "copy"
  | "link"
  | "context"
  | "search"
  | "span"
  | "time"
  | "wrap"
  | "plain"
  | "download"
  | "clear"
  | "help";

interface Binding {
  keys: readonly string[];
  deed: Deed;
  words: string;
}

/** `event.key`, with `Shift+` before it where a letter doesn't say so itself. */
export const BINDINGS: readonly Binding[] = [
  { keys: ["f", " "], deed: "follow", words: "Follow what comes, or hold still" },
  { keys: ["ArrowDown", "j"], deed: "next", words: "Choose the next line" },
  { keys: ["ArrowUp", "k"], deed: "previous", words: "Choose the line before" },
  { keys: ["Shift+ArrowDown", "J"], deed: "extend-next", words: "Choose one more below" },
  { keys: ["Shift+ArrowUp", "K"], deed: "extend-previous", words: "Choose one more above" },
  { keys: ["Home", "g"], deed: "first", words: "To the first line that is kept" },
  { keys: ["End", "G"], deed: "last", words: "To the newest line, and follow" },
  { keys: ["e"], deed: "next-error", words: "To the next error" },
  { keys: ["E"], deed: "previous-error", words: "To the error before" },
  { keys: ["Enter"], deed: "load", words: "Load what the chosen line says is missing" },
  { keys: ["c"], deed: "copy", words: "Copy the chosen lines" },
  { keys: ["l"], deed: "link", words: "Copy a link to the chosen line" },
  { keys: ["x"], deed: "context", words: "Show the chosen line amid all others" },
  { keys: ["/"], deed: "search", words: "Search" },
  { keys: ["s"], deed: "span", words: "Show only a span of time" },
  { keys: ["t"], deed: "time", words: "Go to a time" },
  { keys: ["w"], deed: "wrap", words: "Wrap long lines, or don't" },
  { keys: ["p"], deed: "plain", words: "Show it as plain text" },
  { keys: ["d"], deed: "download", words: "Download" },
  { keys: ["Escape"], deed: "clear", words: "Choose nothing" },
  { keys: ["?"], deed: "help", words: "Show these keys" },
];

const DEEDS = new Map(BINDINGS.flatMap(({ keys, deed }) => keys.map((key) => [key, deed] as const)));

/** What a key asks for; undefined: what it does anyway. */
export function deedOf(
  event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">,
): Deed | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const isNamed = event.key.length > 1;
  return DEEDS.get(isNamed && event.shiftKey ? `Shift+${event.key}` : event.key);
}

const SHOWN: Record<string, string> = {
  " ": "Space",
  ArrowDown: "↓",
  ArrowUp: "↑",
  "Shift+ArrowDown": "Shift ↓",
  "Shift+ArrowUp": "Shift ↑",
};

/** As it stands on the help sheet. */
export function shownKey(key: string): string {
  const isCapital = key.length === 1 && key !== key.toLowerCase();
  return SHOWN[key] ?? (isCapital ? `Shift ${key}` : key.length === 1 ? key.toUpperCase() : key);
}
