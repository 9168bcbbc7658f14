// Colours of terminals (ECMA-48, SGR) as data: pieces of plain text with a style each, never markup.
//
// Colours of 256 and true colours become the nearest of the sixteen that the theme has, so that all can be read on its ground.
// Every other sequence is left out, and control characters are shown as pictures of themselves.

export interface Style {
  /** 0 to 15; undefined: the usual. */
  ink?: number;
  ground?: number;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underlined?: boolean;
  struck?: boolean;
  inverse?: boolean;
}

export interface Piece {
  text: string;
  style: Style;
}

const ESCAPE = "\u001b";
const BELL = "\u0007";
/** CSI (its parameters and its last letter), OSC to its end, then the short ones; what is unfinished reaches to the end. */
const SEQUENCE = new RegExp(
  `${ESCAPE}(?:${[
    String.raw`\[([0-?]*)[ -/]*([@-~]|$)`,
    String.raw`\](?:[^${BELL}${ESCAPE}]|${ESCAPE}(?!\\))*(?:${BELL}|${ESCAPE}\\|$)`,
    "[ -/]*[0-~]?",
  ].join("|")})`,
  "g",
);
const CONTROL = /\p{Cc}/gu;

export function pieces(text: string): Piece[] {
  if (!text.includes(ESCAPE)) return text === "" ? [] : [{ text: visible(text), style: {} }];
  const found: Piece[] = [];
  let style: Style = {};
  let from = 0;
  const push = (to: number) => {
    if (to > from) found.push({ text: visible(text.slice(from, to)), style });
  };
  for (const match of text.matchAll(SEQUENCE)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") style = styled(style, match[1] ?? "");
  }
  push(text.length);
  return found;
}

/** The words alone. */
export function plain(text: string): string {
  return text.includes(ESCAPE) ? text.replace(SEQUENCE, "") : text;
}

/** Control characters as pictures of themselves, so that they do nothing and hide nothing. */
function visible(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    if (character === "\t" || character === "\n") return character;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}

function styled(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let style = { ...before };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] as number;
    if (code === 38 || code === 48) {
      const [color, used] = extended(codes, at + 1);
      at += used;
      if (color !== undefined) style = { ...style, [code === 38 ? "ink" : "ground"]: color };
    } else {
      style = simple(style, code);
    }
  }
  return style;
}

const ON: Record<number, Style> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underlined: true },
  7: { inverse: true },
  9: { struck: true },
};
const OFF: Record<number, readonly (keyof Style)[]> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underlined"],
  27: ["inverse"],
  29: ["struck"],
  39: ["ink"],
  49: ["ground"],
};

function simple(style: Style, code: number): Style {
  if (code === 0) return {};
  if (code in ON) return { ...style, ...ON[code] };
  if (code in OFF) {
    const rest = { ...style };
    for (const key of OFF[code] ?? []) delete rest[key];
    return rest;
  }
  if (code >= 30 && code <= 37) return { ...style, ink: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, ground: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, ink: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, ground: code - 92 };
  return style;
}

/** `5;n` and `2;r;g;b`: the nearest of the sixteen, and how many numbers that were. */
function extended(codes: readonly number[], at: number): [color: number | undefined, used: number] {
  if (codes[at] === 5) return [ofPalette(codes[at + 1] ?? 0), 2];
  if (codes[at] === 2) return [nearest(codes[at + 1] ?? 0, codes[at + 2] ?? 0, codes[at + 3] ?? 0), 4];
  return [undefined, 1];
}

function ofPalette(index: number): number | undefined {
  if (!(index >= 0 && index <= 255)) return undefined;
  if (index < 16) return index;
  if (index >= 232) return nearest(...grey((index - 232) * 10 + 8));
  const steps = [0, 95, 135, 175, 215, 255];
  const cube = index - 16;
  const step = (place: number) => steps[Math.floor(cube / place) % 6] as number;
  return nearest(step(36), step(6), step(1));
}

const grey = (value: number): [number, number, number] => [value, value, value];

/** Its hue, and whether it is bright; what has none is a grey. */
function nearest(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 48) return most < 64 ? 0 : most < 144 ? 8 : most < 224 ? 7 : 15;
  const middle = (most + least) / 2;
  const bit = (value: number, place: number) => (value > middle ? place : 0);
  return bit(red, 1) + bit(green, 2) + bit(blue, 4) + (most > 200 ? 8 : 0);
}
