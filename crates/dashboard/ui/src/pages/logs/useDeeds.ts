import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useState } from "react";

import { copy } from "@/ui/copy";
import { notifyTrouble } from "@/ui/notify";

import { type Entry, endOf } from "./entries";
import { type Deed, deedOf } from "./keys";
import { type LogSearch, type LogSpan, spanOf } from "./search";
import { chosenRange, errorFrom, type Selection } from "./selection";
import type { LogView } from "./useLogView";
import { entryWords, lines, textOf } from "./words";

export type Go = (search: LogSearch, how?: { replace: boolean }) => void;

/** Leads to other lines of the same log. */
export function useGo(): Go {
  const navigate = useNavigate({ from: "/instances/$id/logs" });
  return (search, how = { replace: false }) =>
    void navigate({ to: "/instances/$id/logs", params: true, search, ...how });
}

/** Which lines are chosen, and how that changes. */
export function useChoice(
  { feed, viewport, hold, reveal }: LogView,
  at: string | undefined,
  say: (words: string) => void,
) {
  const [selection, setSelection] = useState<Selection>();
  useEffect(() => setSelection(at === undefined ? undefined : { anchor: at, head: at }), [at]);
  const { buffer } = feed;
  const head = selection === undefined ? -1 : buffer.indexOf(selection.head);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is chosen stays in sight where the window becomes smaller
  useEffect(() => {
    if (head >= 0) reveal(head);
  }, [selection, viewport.height]);
  const choose = (index: number, isMore = false) => {
    const entry = buffer.entries[index];
    if (entry === undefined) return;
    setSelection((now) => ({ anchor: isMore && now !== undefined ? now.anchor : entry.cursor, head: entry.cursor }));
    hold();
    reveal(index);
    say(entryWords(entry));
  };
  const step = (by: 1 | -1, isMore = false) => {
    if (head >= 0) return choose(Math.max(0, Math.min(buffer.entries.length - 1, head + by)), isMore);
    choose(viewport.following ? buffer.entries.length - 1 : viewport.at(viewport.top + viewport.height / 2));
  };
  const toError = (by: 1 | -1) => {
    const edge = by === 1 ? viewport.at(viewport.top) - 1 : viewport.at(viewport.top + viewport.height) + 1;
    const found = errorFrom(buffer.entries, head >= 0 ? head : edge, by);
    if (found >= 0) choose(found);
    else say(`No error ${by === 1 ? "below" : "above"} in what is loaded`);
  };
  const range = chosenRange(selection, buffer);
  const entries: readonly Entry[] = range === undefined ? [] : buffer.entries.slice(range[0], range[1] + 1);
  return { choose, step, toError, range, entries, head: buffer.entries[head], clear: () => setSelection(undefined) };
}

/** Says it if it fails; but not to who has gone on to other lines meanwhile, which ends what was asked for. */
export function orSay(asked: Promise<unknown>): void {
  asked.catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === "AbortError")) notifyTrouble(error);
  });
}

/** What a key opens. */
export type ToolbarPart = "search" | "span" | "time" | "download";

export interface Stage {
  view: LogView;
  search: LogSearch;
  go: Go;
  say: (words: string) => void;
  /** Opens a part of the toolbar. */
  open: (part: ToolbarPart) => void;
  wrap: () => void;
  showPlain: () => void;
  showHelp: () => void;
}

/** All that can be done in the log, by key or by button. */
export function useDeeds(stage: Stage, choice: ReturnType<typeof useChoice>): Record<Deed, () => void> {
  const { view, search, go, say, open } = stage;
  const { at, ...filter } = search;
  const { feed, viewport } = view;
  const toNewest = () => {
    choice.clear();
    if (at === undefined) view.follow();
    else go(filter);
  };
  const toFirst = async () => {
    const first = await feed.first();
    if (first === undefined) return;
    if (feed.buffer.entries[0]?.cursor === first) choice.choose(0);
    else go({ ...filter, at: first });
  };
  const hold = () => {
    view.hold();
    say("It holds still");
  };
  const { entries, head } = choice;
  return {
    follow: () => (viewport.following ? hold() : toNewest()),
    next: () => choice.step(1),
    previous: () => choice.step(-1),
    "extend-next": () => choice.step(1, true),
    "extend-previous": () => choice.step(-1, true),
    first: () => orSay(toFirst()),
    last: toNewest,
    "next-error": () => choice.toError(1),
    "previous-error": () => choice.toError(-1),
    load: () => {
      if (head?.type === "lagged") orSay(feed.loadSkipped(head));
    },
    copy: () => {
      if (entries.length > 0) void copy(entries.map(textOf).join("\n"), `${lines(entries.length)} copied`);
    },
    link: () => {
      if (head !== undefined) void copy(linkTo(endOf(head), filter), "Link copied");
    },
    context: () => {
      if (head !== undefined) go({ at: endOf(head), ...spanOf(filter) });
    },
    search: () => open("search"),
    span: () => open("span"),
    time: () => open("time"),
    download: () => open("download"),
    wrap: stage.wrap,
    plain: stage.showPlain,
    clear: choice.clear,
    help: stage.showHelp,
  };
}

/** What keys do while the log itself has the focus. */
export function onKeyDown(view: LogView, deeds: Record<Deed, () => void>): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.target !== event.currentTarget) return;
    const deed = deedOf(event);
    if (deed !== undefined) {
      event.preventDefault();
      deeds[deed]();
    } else if (event.key === "PageUp") {
      view.hold();
    }
  };
}

/** A link that leads to that line amid all of its time, whatever else is filtered here. */
function linkTo(cursor: string, span: LogSpan): string {
  const wish = new URLSearchParams({ at: cursor, ...spanOf(span) });
  return `${window.location.origin}${window.location.pathname}?${wish}`;
}
