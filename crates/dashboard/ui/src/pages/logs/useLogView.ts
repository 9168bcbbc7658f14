import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "react";

import { type LogFilter, type LogPlace, logStream, readLogs, takeAhead } from "@/api/queries/logs";
import { openSocket } from "@/api/socket";

import { plain } from "./ansi";
import { type Entry, logFrame } from "./entries";
import { LogFeed } from "./feed";
import { isFiltered } from "./search";
import { Viewport } from "./viewport";

/** Height of a line in pixels, as logs.css has it. */
const LINE = 24;
/** Heights of what stands before the first line, and of the room below the last. */
const LEAD = 44;
const TAIL = 12;
/** So many pixels from an end of what is kept, more is loaded. */
const AHEAD = 100 * LINE;
/** Below it, words stand under time and level, as logs.css has it. */
const NARROW = 34 * 16;
/** Out of sight for so long, in milliseconds, a page connects anew. */
const SLEEP = 60_000;
/** Less than this, nobody has scrolled. */
const STILL = 2;

export interface LogView {
  feed: LogFeed;
  viewport: Viewport;
  scroller: React.RefObject<HTMLDivElement | null>;
  block: React.RefObject<HTMLDivElement | null>;
  /** Where the log has been scrolled to. */
  onScroll: () => void;
  /** Somebody wants to see older lines. */
  hold: () => void;
  follow: () => void;
  reveal: (index: number) => void;
}

/** A log of an instance in a window of this page: what is kept, what of it is drawn, and where. */
export function useLogView(id: string, filter: LogFilter, at: string | undefined, wraps: boolean): LogView {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const feed = useFeed(id, filter);
  const [viewport] = useState(() => new Viewport(LEAD, TAIL));
  const scroller = useRef<HTMLDivElement>(null);
  const block = useRef<HTMLDivElement>(null);
  /** What the scroller was last set to, so that somebody's scrolling can be told from ours. */
  const applied = useRef(0);

  const sync = () => {
    const element = scroller.current;
    if (element === null) return;
    const hasScrolled = Math.abs(element.scrollTop - applied.current) > STILL;
    if (!hasScrolled) return;
    applied.current = element.scrollTop;
    viewport.scroll(element.scrollTop, feed.isAttached);
    feed.following = viewport.following;
  };
  const more = (isScrolled: boolean) => {
    if (feed.phase !== "ready") return;
    const isShort = viewport.total <= viewport.height;
    if (feed.older === "idle" && feed.buffer.before !== null && (isShort || viewport.top < AHEAD))
      void feed.loadOlder();
    const below = viewport.total - viewport.top - viewport.height;
    // Not ahead of who holds still: what they don't look at would only push out what they do.
    if (feed.newer === "idle" && !feed.isAttached && (isScrolled ? below < AHEAD : viewport.isAtEnd))
      void feed.loadNewer();
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: `sync` and `more` read refs and the two
  useEffect(() => {
    let wasReady = false;
    const show = () => {
      const isReady = feed.phase === "ready";
      if (isReady && wasReady) sync();
      if (isReady && !wasReady) viewport.following = feed.following;
      viewport.show(feed.buffer.entries);
      if (isReady && !wasReady && at !== undefined) viewport.center(Math.max(0, feed.buffer.indexOf(at)));
      wasReady = isReady;
      draw();
      more(false);
    };
    const unsubscribe = feed.subscribe(show);
    const unwatch = watchNetwork(feed);
    void feed.open(at);
    return () => {
      unsubscribe();
      unwatch();
      feed.close();
    };
  }, [feed, viewport, at]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      viewport.resize(element.clientHeight);
      viewport.shape(wraps ? wrapped(element) : () => LINE);
      draw();
    });
    observer.observe(element);
    viewport.shape(wraps ? wrapped(element) : () => LINE);
    draw();
    return () => observer.disconnect();
  }, [viewport, wraps]);

  useLayoutEffect(() => {
    if (wraps && block.current !== null && viewport.measure(heights(block.current, feed))) draw();
    const element = scroller.current;
    if (element === null) return;
    if (Math.abs(element.scrollTop - viewport.top) >= 1) element.scrollTop = viewport.top;
    applied.current = element.scrollTop;
  });

  return {
    feed,
    viewport,
    scroller,
    block,
    onScroll: () => {
      const before = viewport.range;
      const wasFollowing = viewport.following;
      sync();
      const after = viewport.range;
      if (before.first !== after.first || before.end !== after.end || wasFollowing !== viewport.following) draw();
      more(true);
    },
    hold: () => {
      viewport.pause();
      feed.following = false;
    },
    follow: () => {
      if (feed.isAttached) {
        viewport.follow();
        feed.following = true;
        draw();
      } else {
        void feed.open();
      }
    },
    reveal: (index) => {
      viewport.reveal(index);
      feed.following = viewport.following;
      draw();
    },
  };
}

/** A lost network is told by the browser sooner than by a connection; after a long sleep, a connection may be none any more. */
function watchNetwork(feed: LogFeed): () => void {
  let hidden = 0;
  const lost = () => feed.interrupt();
  const found = () => feed.reconnect();
  const seen = () => {
    if (document.hidden) hidden = Date.now();
    else if (Date.now() - hidden > SLEEP) feed.reconnect();
  };
  window.addEventListener("offline", lost);
  window.addEventListener("online", found);
  document.addEventListener("visibilitychange", seen);
  return () => {
    window.removeEventListener("offline", lost);
    window.removeEventListener("online", found);
    document.removeEventListener("visibilitychange", seen);
  };
}

/** The feed of that log, as long as the same lines are wished for. */
function useFeed(id: string, filter: LogFilter): LogFeed {
  const wish = JSON.stringify([id, filter]);
  const make = () => ({ wish, feed: feedOf(id, filter) });
  const [made, setMade] = useState(make);
  if (made.wish === wish) return made.feed;
  const next = make();
  setMade(next);
  return next.feed;
}

function feedOf(id: string, filter: LogFilter): LogFeed {
  return new LogFeed({
    read: (place, signal) => {
      const ahead = isNewest(place) ? takeAhead(id, filter) : undefined;
      return ahead ?? readLogs(id, place.around === undefined ? { ...filter, ...place } : place, signal);
    },
    watch: ({ after, onFrame, onState }) =>
      openSocket({ path: () => logStream(id, filter, after()), frame: logFrame, onFrame, onState }),
    isFiltered: isFiltered(filter),
    span: { since: momentOf(filter.since), until: momentOf(filter.until) },
    later: (run, milliseconds) => {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
  });
}

/** Whether nothing is said but how many. */
const isNewest = ({ limit: _, ...place }: LogPlace) => Object.keys(place).length === 0;
const momentOf = (time: string | undefined) => (time === undefined ? undefined : Date.parse(time));

/** How high a line is that is wrapped, before it is drawn: all letters are equally wide, or nearly. */
function wrapped(element: HTMLElement): (entry: Entry) => number {
  const isNarrow = element.clientWidth < NARROW;
  const columns = columnsOf(element, isNarrow);
  const least = isNarrow ? LINE : 0;
  return (entry) => {
    if (entry.type !== "line") return LINE + least;
    const { text } = entry;
    const length = text.includes("\u001b") ? plain(text).length : text.length;
    return least + LINE * Math.max(1, Math.ceil(length / columns));
  };
}

/** Letters that fit beside time and level. */
function columnsOf(element: HTMLElement, isNarrow: boolean): number {
  const size = Number.parseFloat(getComputedStyle(element).fontSize);
  return Math.max(10, Math.floor((element.clientWidth - (isNarrow ? 24 : 216)) / (size * 0.602)));
}

function* heights(block: HTMLElement, { buffer }: LogFeed): Generator<readonly [Entry, number]> {
  let index = -1;
  for (const row of block.children) {
    const cursor = (row as HTMLElement).dataset["cursor"];
    if (cursor === undefined) continue;
    index = index < 0 ? buffer.indexOf(cursor) : index + 1;
    const entry = buffer.entries[index];
    if (entry?.cursor === cursor) yield [entry, row.getBoundingClientRect().height];
  }
}
