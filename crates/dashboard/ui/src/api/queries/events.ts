import { type QueryClient, queryOptions, skipToken, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { api, type Event, type Events, expect } from "..";

/** What happened to an instance, the oldest first; `next` is where the following begins. */
export interface History {
  items: readonly Event[];
  next: number | undefined;
}

/** So many are kept: the newest. */
const KEPT = 1_000;
/** How long the server holds a question that has no answer yet, in seconds. */
const WAIT = 20;
/** After a failure, in milliseconds. */
const PAUSE = 3_000;

/** What is known of an instance's history; {@link useFollow} brings it. */
export const events = (id: string) =>
  queryOptions<History>({ queryKey: ["events", id], queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY });

/** Follows an instance's history while somebody looks: whatever happens to it is known at once, and asked for anew. */
export function useFollow(id: string): void {
  const known = useQueryClient();
  useEffect(() => {
    const stop = new AbortController();
    void follow(known, id, stop.signal);
    return () => stop.abort();
  }, [known, id]);
}

async function follow(known: QueryClient, id: string, signal: AbortSignal): Promise<void> {
  let isCaughtUp = false;
  while (!signal.aborted) {
    try {
      const before = known.getQueryData(events(id).queryKey);
      const { items, next } = await more(id, before?.next, isCaughtUp, signal);
      if (signal.aborted) return;
      known.setQueryData(events(id).queryKey, { items: [...(before?.items ?? []), ...items].slice(-KEPT), next });
      if (isCaughtUp && items.length > 0) void known.invalidateQueries({ queryKey: ["tenants"] });
      isCaughtUp ||= items.length === 0;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

function more(id: string, after: number | undefined, isWaiting: boolean, signal: AbortSignal): Promise<Events> {
  const query = { limit: 200, ...(after === undefined ? {} : { after }), ...(isWaiting ? { wait: WAIT } : {}) };
  return expect(api.GET("/api/v1/tenants/{id}/events", { params: { path: { id }, query }, signal }));
}
