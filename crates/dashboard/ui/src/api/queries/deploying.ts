import { queryOptions } from "@tanstack/react-query";

import { api, expect, type Tenant } from "..";

const path = (id: string) => ({ params: { path: { id } } });

/** The steps that are left, as far as is known. */
export const plan = (id: string) =>
  queryOptions({
    queryKey: ["deploying", "plan", id],
    queryFn: ({ signal }) => expect(api.GET("/api/v1/tenants/{id}/plan", { ...path(id), signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Tried again now. */
export const tryAgain = (id: string) => expect(api.POST("/api/v1/tenants/{id}/start", path(id)));

export const undoDeploy = ({ id, subdomain }: Tenant) =>
  expect(api.POST("/api/v1/tenants/{id}/destroy", { ...path(id), body: { confirmation: subdomain } }));

export const claimLink = (id: string) => expect(api.POST("/api/v1/tenants/{id}/claim-link", path(id)));

export const reopenSetup = (id: string) => expect(api.POST("/api/v1/tenants/{id}/reopen-setup", path(id)));
