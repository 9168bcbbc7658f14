import { Button } from "@codaco/fresco-ui/Button";
import type { KeyboardEvent, MouseEvent, ReactNode } from "react";

import { LoadingText } from "@/ui/Loading";

import type { LogFeed } from "./feed";
import { LogRow } from "./LogRow";
import type { finder } from "./marks";
import { orSay, type useChoice } from "./useDeeds";
import type { LogView } from "./useLogView";

interface LogRowsProps {
  view: LogView;
  /** The instance's. */
  name: string;
  wraps: boolean;
  find: ReturnType<typeof finder>;
  choice: ReturnType<typeof useChoice>;
  /** Where nothing is. */
  empty: ReactNode;
  /** What begins with the first line: all that is kept, or a span of it. */
  begins: string;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** The log itself: of what is kept, what can be seen is drawn. */
export function LogRows({ view, name, wraps, find, choice, empty, begins, onKeyDown }: LogRowsProps) {
  const { feed, viewport, scroller, block, onScroll } = view;
  const { first, end, above } = viewport.range;
  const { entries } = feed.buffer;
  const isEmpty =
    feed.phase === "ready" && entries.length === 0 && feed.older === "idle" && feed.buffer.before === null;
  const [from, to] = choice.range ?? [-1, -1];
  const onClick = (event: MouseEvent) => {
    if (!(event.target instanceof Element) || event.target.closest("button") !== null) return;
    // Who has marked words wants to copy these.
    if (window.getSelection()?.isCollapsed === false) return;
    const cursor = event.target.closest<HTMLElement>("[data-cursor]")?.dataset["cursor"];
    if (cursor !== undefined) choice.choose(feed.buffer.indexOf(cursor), event.shiftKey);
  };
  return (
    <div className="log-frame relative flex min-h-0 grow flex-col">
      <div
        ref={scroller}
        role="log"
        aria-label={`Log of ${name}`}
        aria-live="off"
        aria-busy={feed.phase === "loading"}
        aria-describedby="log-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard
        tabIndex={0}
        data-wraps={wraps}
        className="log relative min-h-0 grow overflow-auto text-[0.8125rem] outline-none [overflow-anchor:none]"
        onScroll={onScroll}
        onClick={onClick}
        onKeyDown={onKeyDown}
      >
        <span id="log-keys" className="sr-only">
          Arrow keys choose a line, the question mark shows all keys.
        </span>
        {feed.phase === "loading" && (
          <div className="p-6">
            <LoadingText lines={6} />
          </div>
        )}
        {isEmpty && <div className="font-body text-base">{empty}</div>}
        {feed.phase === "ready" && !isEmpty && (
          <div
            className="relative min-w-full"
            style={{ height: viewport.total, width: wraps ? undefined : "max-content" }}
          >
            <Beginning feed={feed} words={begins} />
            <div
              ref={block}
              className="absolute inset-x-0 top-0 min-w-max data-[wraps=true]:min-w-0"
              data-wraps={wraps}
              style={{ transform: `translateY(${above}px)` }}
            >
              {entries.slice(first, end).map((entry, index) => (
                <LogRow
                  key={entry.cursor}
                  entry={entry}
                  isChosen={first + index >= from && first + index <= to}
                  find={find}
                  onLoad={(lag) => orSay(feed.loadSkipped(lag))}
                />
              ))}
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

/** What is before the first line. */
function Beginning({ feed, words }: { feed: LogFeed; words: string }) {
  const { older, buffer } = feed;
  const again = (words: string) => (
    <Button size="sm" variant="outline" color="primary" onClick={() => void feed.loadOlder()}>
      {words}
    </Button>
  );
  return (
    <div className="text-muted font-body sticky left-0 flex h-11 w-full max-w-2xl items-center gap-3 px-5 text-sm">
      {older === "loading" && "Loading what is older…"}
      {older === "failed" && <>What is older could not be loaded. {again("Try again")}</>}
      {older === "paused" && <>Much was looked through, and nothing found. {again("Search further back")}</>}
      {older === "idle" && buffer.before === null && words}
    </div>
  );
}
