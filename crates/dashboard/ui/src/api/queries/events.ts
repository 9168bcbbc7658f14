import { type QueryClient, QueryObserver, queryOptions, skipToken, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { ApiError, api, type Event, expect } from "..";
import { live } from "../live";

/** What happened to an instance, the oldest first; `next` is where the following begins. */
export interface History {
  items: readonly Event[];
  next: number | undefined;
  /** Before which there are older ones that were not read; null: there are none. */
  before: number | null;
  /** Why it can't be read on now. */
  error?: unknown;
}

/** So many are kept at most: the newest. */
export const KEPT = 5_000;
/** So many are read first: more than is shown of them at once. */
const NEWEST = 100;
/** As many as the API gives at once. */
const PAGE = 200;
/** How often it is asked for while nobody tells, in milliseconds. */
const PERIOD = 2_000;
/** Who is refused so is refused again. */
const FINAL: ReadonlySet<number> = new Set([403, 404]);

/** What is known of an instance's history; {@link useFollow} brings it. */
export const events = (id: string) =>
  queryOptions<History>({ queryKey: ["events", id], queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY });

/** Follows an instance's history while somebody looks: whatever happens to it is known at once. */
export function useFollow(id: string): void {
  const known = useQueryClient();
  useEffect(() => follow(known, id), [known, id]);
}

/** What was told is added while nothing is missing before it; else the history is read on from where it ends. */
function follow(known: QueryClient, id: string): () => void {
  const stopped = new AbortController();
  const { signal } = stopped;
  const key = events(id).queryKey;
  let isBehind = true;
  let isReading = false;
  // Kept while it is followed, whatever shows it.
  const unobserve = new QueryObserver(known, events(id)).subscribe(() => {});

  const catchUp = async () => {
    isBehind = true;
    if (isReading) return;
    isReading = true;
    try {
      while (isBehind && !signal.aborted) {
        isBehind = false;
        const isMore = await readOn(known, id, signal);
        isBehind ||= isMore;
      }
    } catch (error) {
      isBehind = true;
      if (!signal.aborted) know(known, id, { error });
      if (error instanceof ApiError && FINAL.has(error.problem.status)) stop();
    } finally {
      isReading = false;
    }
  };
  const timer = setInterval(() => {
    if (isBehind || !live.isOpen) void catchUp();
  }, PERIOD);
  const unlisten = live.listen({
    onEvent: ({ tenant_id, type: _, status: __, step: ___, ...event }) => {
      if (tenant_id !== id) return;
      if (isReading) isBehind = true;
      else if (isBehind || known.getQueryData(key) === undefined) void catchUp();
      else know(known, id, { items: [event], next: event.id });
    },
    onMissed: () => void catchUp(),
  });
  void catchUp();
  const stop = () => {
    stopped.abort();
    clearInterval(timer);
    unlisten();
    unobserve();
  };
  return stop;
}

/** Reads the newest, or what has come since. @returns Whether there may be more. */
async function readOn(known: QueryClient, id: string, signal: AbortSignal): Promise<boolean> {
  const after = known.getQueryData(events(id).queryKey)?.next;
  const isFirst = after === undefined;
  const page = await part(id, isFirst ? { newest: true } : { after }, signal);
  if (!signal.aborted) know(known, id, isFirst ? page : { items: page.items, next: page.next });
  return !isFirst && page.items.length > 0;
}

function part(id: string, place: { newest: true } | { after: number } | { before: number }, signal?: AbortSignal) {
  const query = { limit: "newest" in place ? NEWEST : PAGE, ...place };
  const wish = { params: { path: { id }, query }, ...(signal === undefined ? {} : { signal }) };
  return expect(api.GET("/api/v1/tenants/{id}/events", wish));
}

/** Reads older ones than those that are known, if there are any. */
export async function readOlder(known: QueryClient, id: string): Promise<void> {
  const before = known.getQueryData(events(id).queryKey)?.before;
  if (before == null) return;
  const page = await part(id, { before });
  known.setQueryData(events(id).queryKey, (now) => now && withOlder(now, page));
}

function know(known: QueryClient, id: string, news: Partial<History>): void {
  known.setQueryData(events(id).queryKey, (before) => withNews(before, news));
}

/** Adds what is not known yet: what was read may be told again. */
export function withNews(known: History | undefined, { items = [], next, before, error }: Partial<History>): History {
  const end = known?.next ?? 0;
  const fresh = items.filter((item) => item.id > end);
  const all = [...(known?.items ?? []), ...fresh];
  const kept = all.slice(-KEPT);
  const [first] = kept;
  const place = first !== undefined && kept.length < all.length ? first.id : (known?.before ?? before ?? null);
  const isRead = known?.next !== undefined || next !== undefined;
  return { items: kept, next: isRead ? Math.max(end, next ?? 0) : undefined, before: place, error };
}

/** Puts a part before what is known, unless something else stands there by now. */
export function withOlder(
  known: History,
  { items, before }: Pick<History, "items"> & { before?: number | null },
): History {
  const [first] = known.items;
  const older = first === undefined ? items : items.filter(({ id }) => id < first.id);
  return { ...known, items: [...older, ...known.items], before: before ?? null };
}
