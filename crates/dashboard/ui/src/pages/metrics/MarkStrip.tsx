import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

import { useNow } from "@/ui/useNow";

import { RIGHT, SCALE } from "./charts";
import { MarkIcon } from "./MarkIcon";
import { countOf, grouped, type Mark, type MarkGroup, summaryOfMarks } from "./marks";
import { atWords, spanWords } from "./words";

/** Room that a mark needs, in pixels. */
const ROOM = 44;
/** So many of a group are listed: the newest. */
const LISTED = 6;

interface MarkStripProps {
  title: string;
  marks: readonly Mark[];
  seconds: number;
}

/** What happened, above the place of a graph where it did: one stop for the keyboard, and arrows from mark to mark. */
export function MarkStrip({ title, marks, seconds }: MarkStripProps) {
  const strip = useRef<HTMLDivElement>(null);
  const width = useWidth(strip);
  const now = useNow() / 1000;
  const panel = useId();
  const [shown, show] = useState<number>();
  const [reached, reach] = useState<number>();
  const isIn = ({ at }: MarkGroup) => at > now - seconds && at <= now;
  const groups = width === 0 ? [] : grouped(marks, (ROOM * seconds) / width).filter(isIn);
  const open = groups.find(({ at }) => at === shown);
  const stop = groups.find(({ at }) => at === reached) ?? groups.at(-1);
  const place = ({ at }: MarkGroup) => `${((100 * (at - now + seconds)) / seconds).toFixed(2)}%`;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === "Escape") return show(undefined);
    const to = neighbour(groups, stop, event.key);
    if (to === undefined) return;
    event.preventDefault();
    strip.current?.querySelector<HTMLElement>(`[data-at="${to.at}"]`)?.focus();
  };
  return (
    <div
      ref={strip}
      className="relative h-8"
      style={{ marginLeft: SCALE, marginRight: RIGHT }}
      onPointerLeave={() => show(undefined)}
    >
      {groups.length > 0 && (
        <div role="toolbar" aria-label={`${title}: what happened`} onKeyDown={onKeyDown}>
          {groups.map((group) => (
            <button
              key={group.at}
              type="button"
              data-at={group.at}
              data-mark={group.kind}
              tabIndex={group === stop ? 0 : -1}
              aria-label={labelOf(group)}
              aria-describedby={group === open && group.marks.length > 1 ? panel : undefined}
              className="bg-surface border-edge absolute top-0.5 flex h-7 min-w-7 -translate-x-1/2 cursor-pointer items-center justify-center gap-1 rounded-full border-2 px-1 text-xs font-bold tabular-nums"
              style={{ left: place(group) }}
              onPointerEnter={() => show(group.at)}
              onClick={() => show(group.at)}
              onFocus={() => {
                reach(group.at);
                show(group.at);
              }}
              onBlur={() => show(undefined)}
            >
              <MarkIcon kind={group.kind} />
              {group.marks.length > 1 && group.marks.length}
            </button>
          ))}
        </div>
      )}
      {open !== undefined && (
        <div
          id={panel}
          role="tooltip"
          data-surface
          className="bg-surface-popover text-text border-edge absolute top-full z-10 flex max-w-full flex-col gap-2 rounded-sm border-2 p-3 text-sm shadow-md"
          style={{ width: "18rem", left: `clamp(0px, calc(${place(open)} - 9rem), calc(100% - min(18rem, 100%)))` }}
        >
          <Listed group={open} />
        </div>
      )}
    </div>
  );
}

function Listed({ group: { marks, at, to } }: { group: MarkGroup }) {
  const rest = marks.length - LISTED;
  return (
    <>
      {marks.length > 1 && (
        <p className="font-bold">
          {marks.length} here, {spanWords(at, to)}
        </p>
      )}
      <ul className="flex flex-col gap-1.5">
        {marks
          .slice(-LISTED)
          .toReversed()
          .map((mark, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
            <li key={index} className="flex gap-2">
              <MarkIcon kind={mark.kind} className="mt-0.5 size-4" />
              <span className="min-w-0 wrap-anywhere">
                {mark.words}, <span className="text-muted tabular-nums">{atWords(mark.at)}</span>
              </span>
            </li>
          ))}
      </ul>
      {rest > 0 && <p className="text-muted">And {rest} before them; the table has all.</p>}
    </>
  );
}

function labelOf({ marks, at, to }: MarkGroup): string {
  const [first] = marks;
  if (marks.length === 1 && first !== undefined) return `${first.words}, ${atWords(at)}`;
  return `${summaryOfMarks(marks)}, ${spanWords(at, to)}`;
}

function neighbour(groups: readonly MarkGroup[], from: MarkGroup | undefined, key: string): MarkGroup | undefined {
  const index = from === undefined ? -1 : groups.indexOf(from);
  switch (key) {
    case "ArrowLeft":
      return groups[Math.max(0, index - 1)];
    case "ArrowRight":
      return groups[Math.min(groups.length - 1, index + 1)];
    case "Home":
      return groups[0];
    case "End":
      return groups.at(-1);
    default:
      return undefined;
  }
}

function useWidth(place: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  return width;
}

/** What the signs mean, and how often each stands here. */
export function MarkLegend({ marks }: { marks: readonly Mark[] }) {
  return (
    <ul aria-label="What happened in this time" className="flex min-h-6 flex-wrap gap-x-5 gap-y-1 text-sm">
      {countOf(marks).map(({ kind, words }) => (
        <li key={kind} className="flex items-center gap-1.5">
          <MarkIcon kind={kind} />
          {words}
        </li>
      ))}
      {marks.length === 0 && <li className="text-muted">Nothing else happened in this time.</li>}
    </ul>
  );
}
