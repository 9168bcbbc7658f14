import { expect, test } from "vitest";

import type { LogItem, Logs } from "@/api";
import type { LogPlace } from "@/api/queries/logs";
import type { SocketState } from "@/api/socket";

import type { Entry, Frame } from "./entries";
import { LogFeed } from "./feed";
import { random } from "./random.test-part";

/** More than a page has, so that a page alone is never too much. */
const MOST = 1200;

/** The number in a cursor says where it stands. */
const indexOf = (cursor: string) => Number(cursor.split("-")[2]) - 1;

/** A log on a server that keeps what it says of pages and sockets, with faults on demand. */
class Server {
  readonly all: LogItem[] = [];
  /** Whether an entry passes the filter; cursors of pages may name others. */
  wants: (item: LogItem) => boolean = () => true;
  #watchers = new Set<{ sent: number; onFrame: (frame: Frame) => void; onState: (state: SocketState) => void }>();
  #timers: (() => void)[] = [];

  say(count: number, ts = "2026-11-30T10:00:00Z"): void {
    for (let line = 0; line < count; line += 1) {
      const number = this.all.length + 1;
      const cursor = `0000000000aa-o-${number}-0`;
      this.all.push({ type: "line", cursor, ts, stream: "stdout", text: `line ${number}` });
    }
  }

  read = async (place: LogPlace, signal: AbortSignal): Promise<Logs> => {
    await Promise.resolve();
    signal.throwIfAborted();
    const { limit = 500 } = place;
    let [from, to] = [Math.max(0, this.all.length - limit), this.all.length];
    if (place.oldest) [from, to] = [0, Math.min(limit, this.all.length)];
    if (place.after)
      [from, to] = [indexOf(place.after) + 1, Math.min(indexOf(place.after) + 1 + limit, this.all.length)];
    if (place.before) [from, to] = [Math.max(0, indexOf(place.before) - limit), indexOf(place.before)];
    if (place.around) {
      from = Math.max(0, indexOf(place.around) - Math.floor(limit / 2));
      to = Math.min(from + limit, this.all.length);
    }
    const items = this.all.slice(from, to);
    return {
      items: place.around ? items : items.filter(this.wants),
      before: from > 0 ? (this.all[from]?.cursor ?? null) : null,
      after: to > 0 ? (this.all[to - 1]?.cursor ?? null) : null,
      more: to < this.all.length,
      as_of: null,
    };
  };

  watch = (wish: {
    after: () => string | undefined;
    onFrame: (frame: Frame) => void;
    onState: (state: SocketState) => void;
  }) => {
    const { onFrame, onState } = wish;
    const watcher = { sent: 0, onFrame, onState };
    const connect = () => {
      const after = wish.after();
      watcher.sent = after === undefined ? this.all.length : indexOf(after) + 1;
      this.#watchers.add(watcher);
      onState("open");
    };
    this.#reconnects.add(connect);
    connect();
    return () => {
      this.#watchers.delete(watcher);
      this.#reconnects.delete(connect);
    };
  };

  readonly #reconnects = new Set<() => void>();

  /** Sends what has come, or tells who is slow what they have missed. */
  send(isLate = false): void {
    for (const watcher of this.#watchers) {
      const fresh = this.all.slice(watcher.sent).filter(this.wants);
      watcher.sent = this.all.length;
      const [first, last] = [fresh[0], fresh.at(-1)];
      if (first === undefined || last === undefined) continue;
      if (isLate) {
        watcher.onFrame({ type: "lagged", skipped: fresh.length, from: first.cursor, to: last.cursor });
      } else {
        const lines = fresh.filter((item) => item.type === "line");
        while (lines.length > 0) watcher.onFrame({ type: "lines", lines: lines.splice(0, 1000) });
      }
    }
  }

  /** All connections break, and come back. */
  cut(): void {
    const reconnects = [...this.#reconnects];
    for (const watcher of this.#watchers) watcher.onState("waiting");
    this.#watchers.clear();
    for (const connect of reconnects) connect();
  }

  later = (run: () => void) => {
    this.#timers.push(run);
    return () => {
      this.#timers = this.#timers.filter((timer) => timer !== run);
    };
  };

  async settle(): Promise<void> {
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
    for (const run of this.#timers.splice(0)) run();
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  }

  feed(isFiltered = false): LogFeed {
    return new LogFeed({ read: this.read, watch: this.watch, later: this.later, isFiltered }, MOST);
  }
}

const cursors = (entries: readonly Entry[]) => entries.map(({ cursor }) => cursor);

/** What is kept is one run of the log, without a hole, a double or a disorder, and not too much. */
function holds(server: Server, { buffer }: LogFeed): void {
  const wanted = server.all.filter(server.wants);
  const kept = cursors(buffer.entries);
  const from = wanted.findIndex(({ cursor }) => cursor === kept[0]);
  const run = wanted.slice(Math.max(0, from), Math.max(0, from) + kept.length);
  expect(kept.join()).toBe(run.map(({ cursor }) => cursor).join());
  // A tenth more, and the page or the frame that was too much.
  expect(kept.length).toBeLessThanOrEqual(MOST * 1.1 + 1000);
}

test("whatever is said, scrolled, cut and followed: nothing is lost, nothing comes twice", async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const next = random(seed);
    const server = new Server();
    if (seed % 3 === 0) server.wants = ({ cursor }) => Number(cursor.split("-")[2]) % 5 === 0;
    server.say(next(4000));
    const feed = server.feed(seed % 3 === 0);
    void feed.open();
    await server.settle();
    for (let step = 0; step < 40; step += 1) {
      const deed = next(9);
      if (deed <= 2) server.say(next(400));
      if (deed === 3) {
        if (next(2) === 0) server.cut();
        else feed.interrupt();
        if (next(2) === 0) void feed.loadOlder();
        feed.reconnect();
      }
      if (deed === 4) feed.following = false;
      if (deed === 5) void feed.loadOlder();
      if (deed === 6) void feed.loadNewer();
      if (deed === 7 && feed.isAttached) feed.following = true;
      if (next(3) > 0) server.send();
      await server.settle();
      holds(server, feed);
    }
    feed.following = feed.isAttached;
    if (!feed.isAttached) void feed.open();
    await server.settle();
    server.send();
    await server.settle();
    expect(feed.buffer.entries.at(-1)?.cursor).toBe(server.all.filter(server.wants).at(-1)?.cursor);
    feed.close();
  }
});

test("who was too slow is told, and loads what is missing into its place", async () => {
  const server = new Server();
  server.say(50);
  const feed = server.feed();
  void feed.open();
  await server.settle();
  server.say(7000);
  server.send(true);
  server.say(10);
  server.send();
  await server.settle();
  for (let part = 0; part < 2; part += 1) {
    const lag = feed.buffer.entries.find((entry) => entry.type === "lagged");
    expect(lag?.type === "lagged" && lag.skipped).toBe(part === 0 ? 7000 : 2000);
    if (lag?.type === "lagged") await feed.loadSkipped(lag);
  }
  expect(cursors(feed.buffer.entries)).toEqual(server.all.map(({ cursor }) => cursor));
});

test("what comes is counted while somebody reads, and read once they follow", async () => {
  const server = new Server();
  server.say(100);
  const feed = server.feed();
  void feed.open();
  await server.settle();
  feed.following = false;
  for (let batch = 0; batch < 20; batch += 1) {
    server.say(100);
    server.send();
    await server.settle();
  }
  expect([feed.unseen, feed.isAttached]).toEqual([2000, false]);
  expect(feed.buffer.entries.length).toBeLessThan(MOST + 200);
  expect(feed.takeNews()).toEqual({ lines: 2000, errors: 0 });
  expect(feed.takeNews()).toEqual({ lines: 0, errors: 0 });
  void feed.open();
  await server.settle();
  expect([feed.unseen, feed.isAttached, feed.following]).toEqual([0, true, true]);
});

test("a link shows its line amid its neighbours, filtered or not", async () => {
  for (const isFiltered of [false, true]) {
    const server = new Server();
    server.say(5000);
    if (isFiltered) server.wants = ({ cursor }) => Number(cursor.split("-")[2]) % 5 === 0;
    const feed = server.feed(isFiltered);
    void feed.open("0000000000aa-o-2502-0");
    await server.settle();
    const index = feed.buffer.indexOf("0000000000aa-o-2502-0");
    const neighbours = isFiltered ? [2500, 2505] : [2501, 2503];
    expect([index - 1, index + 1].map((at) => feed.buffer.entries[at]?.cursor)).toEqual(
      neighbours.map((number) => `0000000000aa-o-${number}-0`),
    );
    expect([feed.following, feed.isAttached, feed.unseen]).toEqual([false, false, 0]);
    feed.close();
  }
});

test("an app that has said nothing yet is waited for, and not missed", async () => {
  const server = new Server();
  const feed = server.feed();
  void feed.open();
  await server.settle();
  expect([feed.phase, feed.buffer.entries.length]).toEqual(["ready", 0]);
  server.say(3);
  await server.settle();
  server.say(2);
  server.send();
  await server.settle();
  expect(cursors(feed.buffer.entries)).toEqual(server.all.map(({ cursor }) => cursor));
});

test("an instance that goes ends its log", async () => {
  const server = new Server();
  server.say(10);
  const ends: ((frame: Frame) => void)[] = [];
  const feed = new LogFeed({
    read: server.read,
    later: server.later,
    isFiltered: false,
    watch: ({ onFrame }) => {
      ends.push(onFrame);
      return () => undefined;
    },
  });
  void feed.open();
  await server.settle();
  ends.at(-1)?.({ type: "end", reason: "cursor_gone" });
  await server.settle();
  expect([feed.hasLostTrack, feed.phase, feed.isAttached]).toEqual([true, "ready", true]);
  ends.at(-1)?.({ type: "end", reason: "destroyed" });
  expect(feed.isOver).toBe(true);
});

test("a span that is past is read and not followed", async () => {
  const server = new Server();
  server.say(10);
  let watched = 0;
  const until = Date.parse("2026-11-30T10:30:00Z");
  const feed = new LogFeed({
    read: server.read,
    later: server.later,
    isFiltered: true,
    span: { until },
    now: () => until + 60_000,
    watch: () => {
      watched += 1;
      return () => undefined;
    },
  });
  void feed.open();
  await server.settle();
  expect([feed.phase, feed.isPast, feed.isAttached, feed.connection]).toEqual(["ready", true, true, "ended"]);
  feed.reconnect();
  void feed.open("0000000000aa-o-5-0");
  await server.settle();
  feed.reconnect();
  expect([feed.isPast, watched, feed.buffer.entries.length]).toEqual([true, 0, 10]);
});

test("a span that ends while somebody looks takes what is of it, and then rests", async () => {
  const server = new Server();
  server.say(1);
  const since = Date.parse("2026-11-30T10:00:00Z");
  const until = since + 60_000;
  let now = since + 1000;
  const ports = { read: server.read, watch: server.watch, later: server.later, isFiltered: true };
  const feed = new LogFeed({ ...ports, span: { since, until }, now: () => now });
  void feed.open();
  await server.settle();
  server.say(1, "2026-11-30T10:00:59Z");
  server.say(1, "2026-11-30T10:01:01Z");
  server.say(1, "2026-11-30T09:59:59Z");
  server.send();
  await server.settle();
  expect([cursors(feed.buffer.entries).length, feed.isPast, feed.connection]).toEqual([2, false, "open"]);
  now = until + 60_000;
  await server.settle();
  expect([feed.isPast, feed.connection]).toEqual([true, "ended"]);
  server.say(1, "2026-11-30T10:00:59Z");
  server.send();
  await server.settle();
  expect(feed.buffer.entries.length).toBe(2);
});

test("what is older than a span is not looked for again and again", async () => {
  const server = new Server();
  server.say(100);
  const reads: LogPlace[] = [];
  const place = "0000000000aa-o-51-0";
  // As the API answers: older lines there are, but none of the span.
  const read = async (asked: LogPlace, signal: AbortSignal): Promise<Logs> => {
    reads.push(asked);
    const page = await server.read(asked, signal);
    const items = page.items.filter(({ cursor }) => indexOf(cursor) >= indexOf(place));
    return { ...page, items, before: place };
  };
  const feed = new LogFeed({ read, watch: server.watch, later: server.later, isFiltered: true });
  void feed.open();
  await server.settle();
  expect(feed.buffer.before).toBe(place);
  await feed.loadOlder();
  expect([feed.buffer.before, feed.older, reads.length]).toEqual([null, "idle", 2]);
  expect(feed.buffer.entries.length).toBe(50);
});
