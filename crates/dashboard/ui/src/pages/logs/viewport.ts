// Which entries are drawn, and where: a window that slides over those that are kept.
//
// What is read stays where it is: the entry at the upper edge is the anchor, and whatever comes or goes above it, or turns out to be
// higher than was thought, moves the scrolling and not the words. Whoever follows is held at the end.
//
// Why not TanStack Virtual: it keeps a position in pixels, so that entries which are added and dropped above would jump; with an anchor
// that is a page of arithmetic, and sums over twenty thousand heights take some microseconds.

import type { Entry } from "./entries";

/** Drawn beyond each edge, so that scrolling finds them there. */
const BEYOND = 12;
/** Pixels from the end that count as the end. */
const NEAR = 4;

export interface Range {
  first: number;
  /** Not included. */
  end: number;
  /** Pixels above the first one. */
  above: number;
}

export class Viewport {
  following = true;
  /** Pixels above the upper edge, as they should be. */
  top = 0;
  readonly #lead: number;
  readonly #tail: number;
  #height = 0;
  #entries: readonly Entry[] = [];
  /** Where each begins, and the end of the last. */
  #tops: Float64Array = new Float64Array(1);
  #guess: (entry: Entry) => number = () => 0;
  #measured = new WeakMap<Entry, number>();
  #anchor: { entry: Entry; offset: number } | undefined;

  /** Something of these heights stands before the first entry and after the last. */
  constructor(lead = 0, tail = 0) {
    this.#lead = lead;
    this.#tail = tail;
  }

  get total(): number {
    return (this.#tops[this.#entries.length] ?? 0) + this.#tail;
  }

  get height(): number {
    return this.#height;
  }

  /** Other heights from now on: `guess` says one that has not been measured. */
  shape(guess: (entry: Entry) => number): void {
    this.#guess = guess;
    this.#measured = new WeakMap();
    this.#lay();
  }

  /** Those that are kept have changed. */
  show(entries: readonly Entry[]): void {
    this.#entries = entries;
    this.#lay();
  }

  resize(height: number): void {
    this.#height = height;
    this.#settle();
  }

  /** Somebody has scrolled there; whoever reaches the end follows from now on, if it is the log's. */
  scroll(top: number, isLast: boolean): void {
    this.top = Math.max(0, top);
    this.following = isLast && this.isAtEnd;
    this.#drop();
  }

  /** Holds still from now on. */
  pause(): void {
    this.following = false;
    this.#drop();
  }

  follow(): void {
    this.following = true;
    this.#settle();
  }

  /** Puts an entry into the middle. */
  center(index: number): void {
    this.following = false;
    const tall = this.topOf(index + 1) - this.topOf(index);
    this.top = this.#clamped(this.topOf(index) - Math.max(0, (this.#height - tall) / 2));
    this.#drop();
  }

  /** Scrolls no further than needed for that entry to be seen. */
  reveal(index: number): void {
    const [upper, lower] = [this.topOf(index), this.topOf(index + 1)];
    if (upper < this.top) this.top = upper;
    else if (lower > this.top + this.#height) this.top = lower - this.#height;
    else return;
    this.following = false;
    this.#drop();
  }

  /** These are so high; says whether that was not known. */
  measure(heights: Iterable<readonly [Entry, number]>): boolean {
    let changed = false;
    for (const [entry, height] of heights) {
      if (Math.abs(this.#heightOf(entry) - height) < 0.5) continue;
      this.#measured.set(entry, height);
      changed = true;
    }
    if (changed) this.#lay();
    return changed;
  }

  get isAtEnd(): boolean {
    return this.top >= this.total - this.#height - NEAR;
  }

  get range(): Range {
    const count = this.#entries.length;
    if (count === 0) return { first: 0, end: 0, above: this.#lead };
    const first = Math.max(0, this.at(this.top) - BEYOND);
    const end = Math.min(count, this.at(this.top + this.#height) + 1 + BEYOND);
    return { first, end, above: this.topOf(first) };
  }

  topOf(index: number): number {
    return this.#tops[Math.min(index, this.#entries.length)] ?? 0;
  }

  /** The one at that height; the nearest where there is none. */
  at(y: number): number {
    let [low, high] = [0, Math.max(0, this.#entries.length - 1)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.topOf(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #heightOf(entry: Entry): number {
    return this.#measured.get(entry) ?? this.#guess(entry);
  }

  #lay(): void {
    const count = this.#entries.length;
    if (this.#tops.length < count + 1) this.#tops = new Float64Array(count + 4096);
    let sum = this.#lead;
    for (let index = 0; index < count; index += 1) {
      this.#tops[index] = sum;
      sum += this.#heightOf(this.#entries[index] as Entry);
    }
    this.#tops[count] = sum;
    this.#settle();
  }

  /** Where the end or the anchor is now. */
  #settle(): void {
    if (this.following) {
      this.top = this.#clamped(Number.POSITIVE_INFINITY);
      return;
    }
    const index = this.#anchor === undefined ? -1 : this.#entries.indexOf(this.#anchor.entry);
    if (index >= 0) this.top = this.#clamped(this.topOf(index) + (this.#anchor?.offset ?? 0));
    else this.top = this.#clamped(this.top);
    if (index < 0) this.#drop();
  }

  #clamped(top: number): number {
    return Math.max(0, Math.min(top, this.total - this.#height));
  }

  /** What is at the upper edge is the anchor. */
  #drop(): void {
    const index = this.at(this.top);
    const entry = this.#entries[index];
    this.#anchor = entry === undefined ? undefined : { entry, offset: this.top - this.topOf(index) };
  }
}
