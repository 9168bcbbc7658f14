// A part of time that a log is looked at in: what is part of it, and when nothing can come any more.

import { type Entry, timeOf } from "./entries";

/** In milliseconds since 1970. */
export interface Span {
  since?: number | undefined;
  until?: number | undefined;
}

/** So long after a span has ended, in milliseconds, what was said in it may still come. */
const LATE = 5000;
/** The longest time that timers of browsers know. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What it needs of the world. */
export interface SpanPorts {
  later: (run: () => void, milliseconds: number) => () => void;
  now?: () => number;
}

export class SpanWatch {
  readonly #since: number;
  readonly #until: number;
  readonly #ports: SpanPorts;
  #cancel: (() => void) | undefined;

  constructor({ since, until }: Span, ports: SpanPorts) {
    this.#since = since ?? Number.NEGATIVE_INFINITY;
    this.#until = until ?? Number.POSITIVE_INFINITY;
    this.#ports = ports;
  }

  get isOver(): boolean {
    return this.#left <= 0;
  }

  holds(entry: Entry): boolean {
    const at = timeOf(entry);
    return at >= this.#since && at <= this.#until;
  }

  /** Runs it once when the span is over, unless it is stopped before; never where it has no end. */
  onOver(run: () => void): void {
    this.stop();
    if (this.#left === Number.POSITIVE_INFINITY) return;
    const look = () => (this.isOver ? run() : this.onOver(run));
    this.#cancel = this.#ports.later(look, Math.min(LONGEST_TIMER, this.#left));
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  get #left(): number {
    return this.#until + LATE - (this.#ports.now?.() ?? Date.now());
  }
}
