// Which lines are chosen: a run between two, by their cursors, so that it stays when others come and go.

import type { LogBuffer } from "./buffer";
import { type Entry, isError } from "./entries";

export interface Selection {
  anchor: string;
  head: string;
}

/** First and last index; undefined where none of its ends is kept any more. */
export function chosenRange(
  selection: Selection | undefined,
  buffer: LogBuffer,
): [first: number, last: number] | undefined {
  if (selection === undefined) return undefined;
  const [anchor, head] = [buffer.indexOf(selection.anchor), buffer.indexOf(selection.head)];
  if (anchor < 0 && head < 0) return undefined;
  const [one, other] = [anchor < 0 ? head : anchor, head < 0 ? anchor : head];
  return [Math.min(one, other), Math.max(one, other)];
}

/** The next error in a direction; -1: there is none among what is kept. */
export function errorFrom(entries: readonly Entry[], from: number, step: 1 | -1): number {
  for (let index = from + step; index >= 0 && index < entries.length; index += step) {
    const entry = entries[index];
    if (entry !== undefined && isError(entry)) return index;
  }
  return -1;
}
