// What happens to an instance, as it happens: its whole history first, then each line when it is written.

import { ApiError, api, type Event, expect } from ".";
import { backoff } from "./socket";

/** How long the server may wait for the next line, in seconds. */
const PATIENCE = 25;
const MOST = 200;
/** Who is refused so is refused again. */
const FINAL: ReadonlySet<number> = new Set([401, 403, 404]);

/** Hands over the lines in their order until the returned function is called; one that was handed over doesn't come again. */
export function followEvents(tenant: string, onEvents: (events: Event[]) => void): () => void {
  const stopped = new AbortController();
  void follow(tenant, onEvents, stopped.signal);
  return () => stopped.abort();
}

async function follow(id: string, onEvents: (events: Event[]) => void, signal: AbortSignal): Promise<void> {
  let after = 0;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const query = { after, limit: MOST, wait: PATIENCE };
      const params = { path: { id }, query };
      const { items, next } = await expect(api.GET("/api/v1/tenants/{id}/events", { params, signal }));
      failures = 0;
      after = next;
      if (items.length > 0 && !signal.aborted) onEvents(items);
    } catch (error) {
      if (error instanceof ApiError && FINAL.has(error.problem.status)) return;
      await new Promise((resolve) => setTimeout(resolve, backoff(failures, Math.random())));
      failures += 1;
    }
  }
}
