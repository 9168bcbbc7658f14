import { queryOptions } from "@tanstack/react-query";

import { api, expect, type Tenant } from "..";

/** How often an instance is looked at while something is awaited of it, in milliseconds. */
const SOON = 1_000;
const LATER = 5_000;

const path = (id: string) => ({ params: { path: { id } } });

/** An instance that somebody has just had made: looked at closely until it stands. */
export const deploying = (id: string) =>
  queryOptions({
    queryKey: ["tenants", "deploying", id],
    queryFn: ({ signal }) => expect(api.GET("/api/v1/tenants/{id}", { ...path(id), signal })),
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? SOON : LATER),
  });

function isUnderWay(tenant: Tenant | undefined): boolean {
  return tenant === undefined || ["pending", "provisioning", "unknown"].includes(tenant.status);
}

/** The steps that are left, as far as is known. */
export const plan = (id: string) =>
  queryOptions({
    queryKey: ["tenants", "plan", id],
    queryFn: ({ signal }) => expect(api.GET("/api/v1/tenants/{id}/plan", { ...path(id), signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Tried again now. */
export const tryAgain = (id: string) => expect(api.POST("/api/v1/tenants/{id}/start", path(id)));

export const undoDeploy = ({ id, subdomain }: Tenant) =>
  expect(api.POST("/api/v1/tenants/{id}/destroy", { ...path(id), body: { confirmation: subdomain } }));

export const claimLink = (id: string) => expect(api.POST("/api/v1/tenants/{id}/claim-link", path(id)));

export const reopenSetup = (id: string) => expect(api.POST("/api/v1/tenants/{id}/reopen-setup", path(id)));
