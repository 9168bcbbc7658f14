import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, expect } from "..";

/** The shortest time after which a history is asked for again, in milliseconds: samples come so often. */
const SAMPLED = 15_000;

/** What an instance has used in the last so many seconds. */
export const metrics = (id: string, seconds: number) =>
  queryOptions({
    queryKey: ["metrics", id, seconds],
    queryFn: ({ signal }) => {
      const query = { from: new Date(Date.now() - seconds * 1000).toISOString() };
      return expect(api.GET("/api/v1/tenants/{id}/metrics", { params: { path: { id }, query }, signal }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => Math.max(SAMPLED, (data?.step ?? 0) * 1000),
  });

/** What was lately asked for of an instance, the newest first. */
export const changes = (id: string) =>
  queryOptions({
    queryKey: ["tenants", "changes", id],
    queryFn: ({ signal }) => {
      const query = { limit: 100 };
      return expect(api.GET("/api/v1/tenants/{id}/deployments", { params: { path: { id }, query }, signal }));
    },
    refetchInterval: SAMPLED,
  });

/** Where its live use is, for a WebSocket. */
export function metricsStream(id: string): string {
  return `/api/v1/tenants/${encodeURIComponent(id)}/metrics/stream`;
}
