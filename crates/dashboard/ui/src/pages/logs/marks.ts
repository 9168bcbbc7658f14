// Where a line has what is looked for: marked on this page, found by the API.

import type { LogFilter } from "@/api/queries/logs";

import type { Piece } from "./ansi";

/** A piece of a line, and whether it is part of what was found. */
export interface MarkedPiece extends Piece {
  isMarked: boolean;
}

type Finder = (words: string) => readonly [from: number, to: number][];

/** Characters of a line that an expression is tried on: the API's takes linear time, a browser's may not. */
const LONGEST = 1000;
const NOTHING: Finder = () => [];

/** What marks a filter's finds. An expression that a browser might brood over, or doesn't know, marks nothing. */
export function finder({ query, regex }: LogFilter): Finder {
  if (query === undefined || query === "") return NOTHING;
  if (regex) return isQuick(query) ? byExpression(query) : NOTHING;
  const wanted = query.toLowerCase();
  return (words) => {
    const lower = words.toLowerCase();
    // A letter whose lower case is longer than it is would shift the marks.
    if (lower.length !== words.length) return [];
    const found: [number, number][] = [];
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + wanted.length)) {
      found.push([at, at + wanted.length]);
    }
    return found;
  };
}

/** Without repeated groups, backward references and more than two endless repetitions nothing is tried more than some million times. */
function isQuick(expression: string): boolean {
  const plain = expression.replace(/\\\\/g, "").replace(/\[(?:\\.|[^\]\\])*\]/g, "x");
  const endless = plain.match(/(?<!\\)[*+]|\{\d+,\}/g)?.length ?? 0;
  return !/\)[*+?{]|\\[1-9k]|\{\d{3,}/.test(plain) && endless <= 2;
}

function byExpression(query: string): Finder {
  let expression: RegExp;
  try {
    expression = new RegExp(query, "gu");
  } catch {
    return NOTHING;
  }
  return (words) => {
    const found = words.slice(0, LONGEST).matchAll(expression);
    return [...found].filter(([text]) => text !== "").map((match) => [match.index, match.index + match[0].length]);
  };
}

/** Cuts pieces where marks begin and end. Marks are in order and don't overlap. */
export function marked(pieces: readonly Piece[], marks: readonly (readonly [number, number])[]): MarkedPiece[] {
  if (marks.length === 0) return pieces.map((piece) => ({ ...piece, isMarked: false }));
  const cut: MarkedPiece[] = [];
  let begin = 0;
  for (const { text, style } of pieces) {
    const end = begin + text.length;
    let at = begin;
    const push = (to: number, isMarked: boolean) => {
      if (to > at) cut.push({ text: text.slice(at - begin, to - begin), style, isMarked });
      at = Math.max(at, to);
    };
    for (const [from, to] of marks) {
      if (to <= begin || from >= end) continue;
      push(Math.max(from, begin), false);
      push(Math.min(to, end), true);
    }
    push(end, false);
    begin = end;
  }
  return cut;
}
