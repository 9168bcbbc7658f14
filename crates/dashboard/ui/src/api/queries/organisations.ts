import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, expect } from "..";

/** As many as the API gives at once: more than any group has. */
const limit = 200;

export const members = (id: string) =>
  queryOptions({
    queryKey: ["organisations", id, "members"],
    queryFn: ({ signal }) =>
      expect(api.GET("/api/v1/organisations/{id}/members", { params: { path: { id }, query: { limit } }, signal })),
  });

/** Those that are open. */
export const invitations = (id: string) =>
  queryOptions({
    queryKey: ["organisations", id, "invitations"],
    queryFn: ({ signal }) =>
      expect(api.GET("/api/v1/organisations/{id}/invitations", { params: { path: { id }, query: { limit } }, signal })),
  });

export const apiKeys = (id: string) =>
  queryOptions({
    queryKey: ["organisations", id, "keys"],
    queryFn: ({ signal }) =>
      expect(api.GET("/api/v1/organisations/{id}/api-keys", { params: { path: { id }, query: { limit } }, signal })),
  });

/** Which lines of the audit log. */
export interface AuditFilter {
  actor?: string;
  action?: string;
  from?: string;
  until?: string;
}

/** The newest first, page by page. */
export const audit = (organisation: string, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["organisations", organisation, "audit", filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { organisation, ...filter, limit: 50, ...(pageParam === undefined ? {} : { before: pageParam }) };
      return expect(api.GET("/api/v1/audit", { params: { query }, signal }));
    },
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
