// The part of a log that the page keeps: one run without holes, of so many entries at most.
//
// Invariants: no entry stands in it twice; `before` and `after` are where the API goes on at its ends, whatever was dropped there.

import { beginOf, type Entry, endOf } from "./entries";

/** Entries that a page keeps. */
export const MOST = 20_000;
/** So many more may be there before they are dropped at once: not each new line is to cost a copy of all. */
const SLACK = 0.1;

/** A page of the API, or what has come live. */
export interface Part {
  entries: readonly Entry[];
  /** Where older ones are; null: there are none. */
  before: string | null;
  /** Where newer ones are; null: nothing was ever said. */
  after: string | null;
}

export class LogBuffer {
  /** The oldest first. Changed in place: whoever draws it goes by {@link version}. */
  readonly entries: Entry[] = [];
  before: string | null = null;
  after: string | null = null;
  /** Counts changes. */
  version = 0;
  readonly #cursors = new Set<string>();
  readonly #most: number;

  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** Forgets all and begins with that. */
  reset(part: Part): void {
    this.entries.length = 0;
    this.#cursors.clear();
    this.entries.push(...this.#fresh(part.entries));
    this.before = part.before;
    this.after = part.after;
    this.version += 1;
  }

  /** What follows the newest; says how many were new. */
  append(entries: readonly Entry[], after: string | null): number {
    const fresh = this.#fresh(entries);
    for (const entry of fresh) this.entries.push(entry);
    this.after = after ?? this.after;
    this.version += 1;
    return fresh.length;
  }

  /** What comes before the oldest. */
  prepend(entries: readonly Entry[], before: string | null): void {
    this.entries.unshift(...this.#fresh(entries));
    this.before = before;
    this.version += 1;
  }

  /** Puts others in the place of one; says whether it was still there. */
  replace(entry: Entry, entries: readonly Entry[]): boolean {
    const at = this.entries.indexOf(entry);
    if (at < 0) return false;
    this.#cursors.delete(entry.cursor);
    this.entries.splice(at, 1, ...this.#fresh(entries));
    this.version += 1;
    return true;
  }

  get isFull(): boolean {
    return this.entries.length > this.#most;
  }

  /** Drops the oldest of too many, some at once. */
  trimFront(): void {
    if (this.entries.length <= this.#most * (1 + SLACK)) return;
    this.#forget(this.entries.splice(0, this.entries.length - this.#most));
    const [first] = this.entries;
    if (first !== undefined) this.before = beginOf(first);
  }

  /** Drops the newest of too many; says whether there were. */
  trimBack(): boolean {
    if (!this.isFull) return false;
    this.#forget(this.entries.splice(this.#most));
    const last = this.entries.at(-1);
    if (last !== undefined) this.after = endOf(last);
    return true;
  }

  indexOf(cursor: string): number {
    return this.#cursors.has(cursor) ? this.entries.findIndex((entry) => entry.cursor === cursor) : -1;
  }

  #fresh(entries: readonly Entry[]): Entry[] {
    return entries.filter(({ cursor }) => {
      if (this.#cursors.has(cursor)) return false;
      this.#cursors.add(cursor);
      return true;
    });
  }

  #forget(entries: readonly Entry[]): void {
    for (const { cursor } of entries) this.#cursors.delete(cursor);
    this.version += 1;
  }
}
