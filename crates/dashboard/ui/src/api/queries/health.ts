import { queryOptions } from "@tanstack/react-query";

import { api, expect } from "..";

/** How often somebody who looks is told anew, in milliseconds. */
const PERIOD = 15_000;
const always = { retry: false, refetchInterval: PERIOD, staleTime: 0 } as const;

/** Whether the platform answers at all. */
export const live = () =>
  queryOptions({
    queryKey: ["health", "live"],
    queryFn: ({ signal }) => expect(api.GET("/healthz", { signal })),
    ...always,
  });

/** Whether it can work: its database answers, and it is not about to end. */
export const ready = () =>
  queryOptions({
    queryKey: ["health", "ready"],
    queryFn: ({ signal }) => expect(api.GET("/readyz", { signal })),
    ...always,
  });
