import { type QueryClient, QueryObserver, queryOptions, skipToken, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { ApiError, api, type Event, expect } from "..";
import { live } from "../live";

/** What happened to an instance, the oldest first; `next` is where the following begins. */
export interface History {
  items: readonly Event[];
  next: number | undefined;
  /** Why it can't be read on now. */
  error?: unknown;
}

/** So many are kept: the newest. */
const KEPT = 1_000;
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
  // Kept while it is followed, also where no tab shows it.
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

/** Reads the next part. @returns Whether there may be more. */
async function readOn(known: QueryClient, id: string, signal: AbortSignal): Promise<boolean> {
  const after = known.getQueryData(events(id).queryKey)?.next;
  const query = { limit: PAGE, ...(after === undefined ? {} : { after }) };
  const { items, next } = await expect(
    api.GET("/api/v1/tenants/{id}/events", { params: { path: { id }, query }, signal }),
  );
  if (!signal.aborted) know(known, id, { items, next });
  return items.length > 0;
}

/** Adds what is not known yet: what was read may be told again. */
function know(known: QueryClient, id: string, { items = [], next, error }: Partial<History>): void {
  known.setQueryData(events(id).queryKey, (before) => {
    const end = before?.next ?? 0;
    const fresh = items.filter((item) => item.id > end);
    return { items: [...(before?.items ?? []), ...fresh].slice(-KEPT), next: Math.max(end, next ?? 0), error };
  });
}
