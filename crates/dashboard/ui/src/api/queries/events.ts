import { type QueryClient, queryOptions, skipToken, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { ApiError, api, type Event, expect } from "..";
import { live } from "../live";

/** What happened to an instance, the oldest first; `next` is where the following begins. */
export interface History {
  items: readonly Event[];
  next: number | undefined;
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
  let isBehind = true;
  let isReading = false;

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
      if (isBehind || isReading) isBehind = true;
      else add(known, id, [event], event.id);
    },
    onMissed: () => void catchUp(),
  });
  void catchUp();
  const stop = () => {
    stopped.abort();
    clearInterval(timer);
    unlisten();
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
  if (!signal.aborted) add(known, id, items, next);
  return items.length > 0;
}

function add(known: QueryClient, id: string, items: readonly Event[], next: number): void {
  known.setQueryData(events(id).queryKey, (before) => ({
    items: [...(before?.items ?? []), ...items].slice(-KEPT),
    next,
  }));
}
