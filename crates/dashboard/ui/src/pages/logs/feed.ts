// An instance's log as one page shows it: what is kept of it, and how it goes on at both ends.
//
// It is *attached* while what comes live is the next after what is kept. Whoever reads older lines for long is detached: what comes is
// counted and not kept, and read by cursor when they scroll down again. A socket begins after the last cursor that is known, at first
// and after each loss, so the API itself sees to it that nothing is lost and nothing comes twice.
//
// What is kept changes only together with a call of the listeners: whoever draws it never sees half of a change.

import type { Logs } from "@/api";
import { isProblem } from "@/api/problems";
import { FIRST_PAGE, type LogPlace } from "@/api/queries/logs";
import type { SocketState } from "@/api/socket";

import { LogBuffer, type Part } from "./buffer";
import { type Entry, endOf, entriesOf, type Frame, isError, type LagEntry } from "./entries";
import { type Span, SpanWatch } from "./span";

/** What a feed needs of the world; a test has its own. */
export interface FeedPorts {
  read: (place: LogPlace, signal: AbortSignal) => Promise<Logs>;
  watch: (wish: {
    after: () => string | undefined;
    onFrame: (frame: Frame) => void;
    onState: (state: SocketState) => void;
  }) => () => void;
  /** Whether only some entries are read. */
  isFiltered: boolean;
  /** What is read is of this time, in milliseconds since 1970; of what comes live the feed takes no other. */
  span?: Span;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Runs it after so many milliseconds; returns what prevents that. */
  later: (run: () => void, milliseconds: number) => () => void;
}

/** Entries of a page. */
const PAGE = 1000;
/** The most a page may have. */
const LONGEST_PAGE = 5000;
/** How often what comes is shown, in milliseconds. */
const BATCH = 250;
/** So many are shown at once, however often that is: a page that nobody looks at has its timers slowed down. */
const LARGEST_BATCH = 5000;
/** How often somebody looks whether an app has said its first word. */
const FIRST_WORD = 2000;
/** Pages that a search looks through before it asks whether to go on. */
const PATIENCE = 8;
/** Connections that fail one after the other before the API is asked why. */
const DOUBT = 2;

export type Phase = "loading" | "ready" | "failed";
type Edge = "idle" | "loading" | "failed" | "paused";

export class LogFeed {
  readonly buffer: LogBuffer;
  phase: Phase = "loading";
  error: unknown;
  connection: SocketState = "connecting";
  isAttached = false;
  /** The log is gone for good. */
  isOver = false;
  /** The span that is looked at is over: nothing comes any more. */
  isPast = false;
  /** More was said while nobody was connected than is kept. */
  hasLostTrack = false;
  older: Edge = "idle";
  newer: Edge = "idle";
  /** What came while somebody did not follow. */
  unseen = 0;
  /** Counts changes that are to be shown. */
  version = 0;
  #following = true;
  /** What has come, and is not shown yet. */
  #pending: Entry[] = [];
  #news = { lines: 0, errors: 0 };
  readonly #ports: FeedPorts;
  readonly #span: SpanWatch;
  readonly #listeners = new Set<() => void>();
  #seen: string | undefined;
  #unwatch: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelBatch: (() => void) | undefined;
  #failures = 0;
  #asked = new AbortController();

  constructor(ports: FeedPorts, most?: number) {
    this.#ports = ports;
    this.#span = new SpanWatch(ports.span ?? {}, ports);
    this.buffer = new LogBuffer(most);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Shows the newest, or what is around a cursor. */
  async open(around?: string): Promise<void> {
    this.close();
    this.#asked = new AbortController();
    this.phase = "loading";
    this.isAttached = false;
    this.isOver = false;
    this.isPast = false;
    this.unseen = 0;
    this.older = "idle";
    this.newer = "idle";
    this.#following = around === undefined;
    this.#changed();
    const { signal } = this.#asked;
    try {
      const page = await (around === undefined
        ? this.#ports.read({ limit: FIRST_PAGE }, signal)
        : this.#around(around, signal));
      if (signal.aborted) return;
      this.buffer.reset(partOf(page));
      this.phase = "ready";
      if (page.after == null) this.#waitForFirstWord();
      else if (around === undefined || !page.more) this.#attach();
      else this.#watch(undefined);
      this.#changed();
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** The cursor of the first entry from some time on, or of all. */
  async first(since?: string): Promise<string | undefined> {
    const { signal } = this.#asked;
    let place: LogPlace = { ...(since === undefined ? {} : { since }), oldest: true };
    for (let tries = 0; tries < PATIENCE; tries += 1) {
      const { items, after, more } = await this.#ports.read({ ...place, limit: 1 }, signal);
      const [first] = items;
      if (first !== undefined || !more || after == null) return first?.cursor;
      place = { after };
    }
    return undefined;
  }

  close(): void {
    this.#asked.abort();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#cancelTimer?.();
    this.#span.stop();
    this.#cancelBatch?.();
    this.#cancelBatch = undefined;
    this.#pending = [];
  }

  /** Whether somebody looks at the end, and wants it to go on. */
  get following(): boolean {
    return this.#following;
  }

  set following(following: boolean) {
    if (following === this.#following) return;
    this.#flush();
    this.#following = following;
    if (following) {
      this.unseen = 0;
      this.buffer.trimFront();
    }
    this.#changed();
  }

  /** Connects anew, now. */
  reconnect(): void {
    if (this.phase === "ready" && this.buffer.after !== null && !this.isOver && !this.isPast) this.#watch(this.#seen);
  }

  /** There is no network: a connection that seems to be there is none. */
  interrupt(): void {
    if (this.#unwatch === undefined) return;
    this.#flush();
    this.#unwatch();
    this.#unwatch = undefined;
    this.#become("waiting");
  }

  /** What is new since this was asked for the last time. */
  takeNews(): { lines: number; errors: number } {
    const news = this.#news;
    this.#news = { lines: 0, errors: 0 };
    return news;
  }

  /** Loads what is before the oldest. */
  async loadOlder(): Promise<void> {
    if (this.older === "loading" || this.buffer.before === null || this.phase !== "ready") return;
    await this.#load("older", async (signal) => {
      for (let tries = 0; tries < PATIENCE && this.buffer.before !== null; tries += 1) {
        const place = this.buffer.before;
        const page = await this.#ports.read({ before: place, limit: PAGE }, signal);
        if (signal.aborted) return "idle";
        this.#flush();
        // What is older yet is before the span.
        this.buffer.prepend(page.items, page.before === place ? null : (page.before ?? null));
        if (this.#following) this.buffer.trimFront();
        else if (this.buffer.trimBack()) this.isAttached = false;
        if (page.items.length > 0) return "idle";
      }
      return this.buffer.before === null ? "idle" : "paused";
    });
  }

  /** Loads what is after the newest, while it is not attached. */
  async loadNewer(): Promise<void> {
    if (this.isAttached || this.newer === "loading" || this.buffer.after === null || this.phase !== "ready") return;
    await this.#load("newer", async (signal) => {
      for (let tries = 0; tries < PATIENCE; tries += 1) {
        const page = await this.#ports.read({ after: this.buffer.after as string, limit: PAGE }, signal);
        if (signal.aborted) return "idle";
        this.#flush();
        this.buffer.append(page.items, page.after ?? null);
        this.buffer.trimFront();
        if (!page.more) {
          this.#attach();
          return "idle";
        }
        if (page.items.length > 0) return "idle";
      }
      return "paused";
    });
  }

  /** Loads what this page was too slow for. */
  async loadSkipped(lag: LagEntry): Promise<void> {
    const { signal } = this.#asked;
    const from = lag.after ?? (await this.#justBefore(lag.from, signal));
    const place = from === undefined ? { oldest: true } : { after: from };
    const page = await this.#ports.read({ ...place, limit: LONGEST_PAGE }, signal);
    if (signal.aborted) return;
    const next = this.buffer.entries[this.buffer.entries.indexOf(lag) + 1];
    const isEnd = ({ cursor }: Entry) => cursor === lag.to;
    const isBeyond = ({ cursor }: Entry) => cursor === next?.cursor;
    const beyond = page.items.findIndex(isBeyond);
    const last = page.items.findIndex(isEnd);
    const end = last >= 0 ? last + 1 : beyond;
    const found = end < 0 ? page.items : page.items.slice(0, end);
    const isWhole = end >= 0 || !page.more || page.after == null;
    const rest: LagEntry = { ...lag, after: page.after ?? lag.to, skipped: Math.max(1, lag.skipped - found.length) };
    this.buffer.replace(lag, isWhole ? found : [...found, rest]);
    this.#changed();
  }

  /** Where only some are read, the one that is meant is shown whether it is one of them or not. */
  async #around(cursor: string, signal: AbortSignal): Promise<Logs> {
    const read = (place: LogPlace) => this.#ports.read({ limit: PAGE / 2, ...place }, signal);
    if (!this.#ports.isFiltered) return read({ around: cursor, limit: PAGE });
    const wished = [read({ before: cursor }), read({ around: cursor, limit: 1 }), read({ after: cursor })] as const;
    const [older, self, newer] = await Promise.all(wished);
    return { ...newer, before: older.before ?? null, items: [...older.items, ...self.items, ...newer.items] };
  }

  async #justBefore(cursor: string, signal: AbortSignal): Promise<string | undefined> {
    const page = await this.#ports.read({ before: cursor, limit: 1 }, signal);
    return page.after ?? undefined;
  }

  async #load(edge: "older" | "newer", run: (signal: AbortSignal) => Promise<Edge>): Promise<void> {
    const { signal } = this.#asked;
    this[edge] = "loading";
    this.#changed();
    try {
      const state = await run(signal);
      if (signal.aborted) return;
      this[edge] = state;
    } catch {
      if (signal.aborted) return;
      this[edge] = "failed";
    }
    this.#changed();
  }

  #attach(): void {
    // What has come by the connection before was counted only.
    this.#flush();
    this.isAttached = true;
    this.#watch(this.buffer.after ?? undefined);
  }

  /** From after that entry on; without one, what is new is counted. */
  #watch(after: string | undefined): void {
    this.#flush();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#seen = after;
    this.#failures = 0;
    if (this.#span.isOver) {
      this.#rest();
      return;
    }
    this.#span.onOver(() => this.#rest());
    this.#unwatch = this.#ports.watch({
      after: () => this.#seen,
      onFrame: (frame) => this.#take(frame),
      onState: (state) => this.#become(state),
    });
  }

  #take(frame: Frame): void {
    if (frame.type === "end") {
      if (frame.reason === "destroyed") this.#end();
      if (frame.reason === "cursor_gone") this.#lostTrack();
      return;
    }
    const entries = entriesOf(frame);
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#seen = endOf(last);
    for (const entry of entries) if (this.#span.holds(entry)) this.#pending.push(entry);
    if (this.#pending.length >= LARGEST_BATCH) this.#changed();
    else this.#changedSoon();
  }

  /** Takes what has come into what is kept. */
  #flush(): void {
    const entries = this.#pending;
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#pending = [];
    this.#count(entries);
    if (!this.isAttached) return;
    this.buffer.append(entries, endOf(last));
    if (this.#following) this.buffer.trimFront();
    // Who reads keeps what they read; the rest waits on the server.
    else if (this.buffer.isFull) this.isAttached = false;
  }

  #count(entries: readonly Entry[]): void {
    this.#news.lines += entries.length;
    this.#news.errors += entries.filter(isError).length;
    if (!this.#following) this.unseen += entries.length;
  }

  #become(state: SocketState): void {
    if (state === "open") this.#failures = 0;
    if (state === "waiting") {
      this.#failures += 1;
      if (this.#failures >= DOUBT) void this.#askWhy();
    }
    this.connection = state;
    this.#changed();
  }

  /** A browser is not told why a socket is refused. */
  async #askWhy(): Promise<void> {
    if (this.#seen === undefined) return;
    const { signal } = this.#asked;
    try {
      await this.#ports.read({ after: this.#seen, limit: 1 }, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isProblem(error, "log_cursor_gone")) this.#lostTrack();
      if (isProblem(error, "tenant_not_found", "forbidden")) this.#fail(error);
    }
  }

  #end(): void {
    this.isOver = true;
    this.#flush();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#changed();
  }

  /** Nothing more can come, so nobody is asked. */
  #rest(): void {
    this.#flush();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.isPast = true;
    this.connection = "ended";
    this.#changed();
  }

  #lostTrack(): void {
    this.hasLostTrack = true;
    void this.open();
  }

  #fail(error: unknown): void {
    this.close();
    this.phase = "failed";
    this.error = error;
    this.#changed();
  }

  #waitForFirstWord(): void {
    if (this.#span.isOver) {
      this.#rest();
      return;
    }
    const { signal } = this.#asked;
    this.#cancelTimer = this.#ports.later(async () => {
      try {
        const page = await this.#ports.read({ oldest: true, limit: PAGE }, signal);
        if (signal.aborted) return;
        if (page.after == null) return this.#waitForFirstWord();
        this.buffer.reset(partOf(page));
        if (page.more) this.#watch(undefined);
        else this.#attach();
        this.#changed();
      } catch {
        if (!signal.aborted) this.#waitForFirstWord();
      }
    }, FIRST_WORD);
  }

  #changedSoon(): void {
    this.#cancelBatch ??= this.#ports.later(() => this.#changed(), BATCH);
  }

  #changed(): void {
    this.#cancelBatch?.();
    this.#cancelBatch = undefined;
    this.#flush();
    this.version += 1;
    for (const listener of this.#listeners) listener();
  }
}

function partOf({ items, before, after }: Logs): Part {
  return { entries: items, before: before ?? null, after: after ?? null };
}
