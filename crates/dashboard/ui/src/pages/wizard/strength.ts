// How good a new password looks while it is typed: by simple rules that need no dictionary. The server, which has one, decides.

export interface Strength {
  /** 0 (nothing yet) to 4. */
  score: 0 | 1 | 2 | 3 | 4;
  words: string;
  /** What would make it better; undefined: nothing. */
  advice?: string;
}

const LONG = 12;
const NAMES = ["", "Too easy to guess", "Not enough yet", "Good", "Very good"];
/** What people take first, as whole passwords or as their beginning. */
const COMMON =
  /^(?:pass(?:word|wort)?|p[a@]ssw[o0]rd|qwert[yz]|letmein|welcome|iloveyou|admin|dragon|monkey|football|secret|fresco)/i;
const ROWS = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "yxcvbnm",
];

/** @param known What others know of the person: address, name. */
export function strength(password: string, known: readonly string[] = []): Strength {
  if (password === "") return { score: 0, words: "" };
  const { length } = [...password];
  const plain = password.toLowerCase();
  // Each character that says nothing new counts for little.
  const told = length - repeated(plain) - inRows(plain);
  const words = password.split(/[\s\-_.,]+/).filter((word) => word.length >= 3).length;
  if (COMMON.test(plain) && words < 3)
    return weak("This is what people try first. Take words that don't belong together.");
  const mine = known.flatMap((text) => text.toLowerCase().split(/[^\p{L}\d]+/u)).filter((word) => word.length >= 3);
  if (mine.some((word) => plain.includes(word)) && length < 20) return weak("Leave out your name and your address.");
  if (told < 6) return weak("Repeated letters and rows of keys are guessed at once. Take several words.");
  if (length < LONG && kinds(password) < 3)
    return at(length < 8 ? 1 : 2, `${LONG - length} more ${plural(LONG - length)}, or another word.`);
  if (length < LONG) return at(length < 10 ? 2 : 3, "Longer is better than more complicated: add a word.");
  if (told < LONG) return at(2, "Repeated letters and rows of keys count for little. Add another word.");
  return length >= 18 || words >= 3 ? at(4) : at(3, "One more word makes it very good.");
}

const weak = (advice: string): Strength => at(1, advice);

function at(score: Strength["score"], advice?: string): Strength {
  return { score, words: NAMES[score] ?? "", ...(advice === undefined ? {} : { advice }) };
}

const plural = (count: number) => (count === 1 ? "character" : "characters");

/** How many characters only say again what stood before them. */
function repeated(text: string): number {
  const pair = (at: number) => text.slice(at, at + 2);
  let count = 0;
  for (let at = 1; at < text.length; at += 1) {
    const isPair = at >= 2 && pair(at).length === 2 && pair(at) === pair(at - 2);
    if (text[at] === text[at - 1] || isPair) count += 1;
  }
  return count;
}

/** How many go on with a row of keys or letters, in either direction. */
function inRows(text: string): number {
  const follows = (two: string) => ROWS.some((row) => row.includes(two) || [...row].reverse().join("").includes(two));
  let count = 0;
  for (let at = 2; at < text.length; at += 1) {
    if (follows(text.slice(at - 1, at + 1)) && follows(text.slice(at - 2, at))) count += 1;
  }
  return count;
}

/** Small, large, digits, other. */
function kinds(text: string): number {
  return [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(text)).length;
}
