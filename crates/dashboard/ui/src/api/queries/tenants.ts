import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, expect, type Status } from "..";

/** What of the list is wished for. */
export interface TenantFilter {
  search?: string;
  status?: Status;
}

/** How often a list that somebody looks at is asked for again, in milliseconds. */
const PERIOD = 5_000;

/** The instances of the organisation that one acts in, the newest first, page by page. */
export const tenants = (filter: TenantFilter) =>
  infiniteQueryOptions({
    queryKey: ["tenants", "list", filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return expect(api.GET("/api/v1/tenants", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: PERIOD,
  });

/** One instance. */
export const tenant = (id: string) =>
  queryOptions({
    queryKey: ["tenants", "one", id],
    queryFn: ({ signal }) => expect(api.GET("/api/v1/tenants/{id}", { params: { path: { id } }, signal })),
    refetchInterval: PERIOD,
  });
