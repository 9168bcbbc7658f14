import { infiniteQueryOptions, keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";

import { api, type DesiredState, expect, type Status, type Tenant, type TenantPage } from "..";
import { live } from "../live";

/** What of the list is wished for. */
export interface TenantFilter {
  search?: string;
  status?: Status;
}

/** How often what somebody looks at is asked for again, in milliseconds; where something is under way, more often. */
const PERIODS = { idle: 5_000, underWay: 1_500 };
/** The same while what happens is told at once: what is left are samples of what it uses, which are taken so often. */
const LIVE_PERIODS = { idle: 15_000, underWay: 5_000 };
/** As many as the API gives at once. */
const PAGE = 200;

const period = (isAnyUnderWay: boolean) => (live.isOpen ? LIVE_PERIODS : PERIODS)[isAnyUnderWay ? "underWay" : "idle"];

/** Whether it is on its way from what it is to what it should be. */
export function isUnderWay({ step, generation, observed_generation, status }: Tenant): boolean {
  return step != null || generation !== observed_generation || status === "pending" || status === "provisioning";
}

/** Of all lists. */
export const LISTS = ["tenants", "list"] as const;

/** The instances of the organisation that one acts in, the newest first, page by page. */
export const tenants = (filter: TenantFilter) =>
  infiniteQueryOptions({
    queryKey: [...LISTS, filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, limit: PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return expect(api.GET("/api/v1/tenants", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });

/** How long after it was read a list is read again. All pages are asked for, one after the other: many of them more seldom. */
export function listPeriod(pages: readonly TenantPage[]): number {
  return period(pages.some(({ items }) => items.some(isUnderWay))) * Math.max(1, pages.length);
}

/** So many that have this in their name: the newest. */
export const found = (search: string, limit: number) =>
  queryOptions({
    queryKey: ["tenants", "found", search, limit],
    queryFn: ({ signal }) => {
      const query = { limit, ...(search === "" ? {} : { search }) };
      return expect(api.GET("/api/v1/tenants", { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
  });

/** One instance. */
export const tenant = (id: string) =>
  queryOptions({
    queryKey: ["tenants", "one", id],
    queryFn: ({ signal }) => expect(api.GET("/api/v1/tenants/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state: { data } }) => period(data === undefined || isUnderWay(data)),
  });

/** What would be done to bring it where it should be, or to another state. */
export const plan = (id: string, state?: DesiredState) =>
  queryOptions({
    queryKey: ["tenants", "plan", id, state],
    queryFn: ({ signal }) => {
      const query = state === undefined ? {} : { state };
      return expect(api.GET("/api/v1/tenants/{id}/plan", { params: { path: { id }, query }, signal }));
    },
  });

/** What was asked for, the newest first, page by page. */
export const deployments = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["tenants", "deployments", id],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: 20, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return expect(api.GET("/api/v1/tenants/{id}/deployments", { params: { path: { id }, query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** Puts what is now known of an instance wherever it is shown; what does not show it is not touched. */
export function know(known: QueryClient, id: string, change: (tenant: Tenant) => Tenant): void {
  known.setQueryData(tenant(id).queryKey, (data) => (data === undefined ? undefined : change(data)));
  known.setQueriesData<{ pages: TenantPage[]; pageParams: unknown[] }>({ queryKey: LISTS }, (data) => {
    const shows = ({ items }: TenantPage) => items.some((item) => item.id === id);
    if (!data?.pages.some(shows)) return undefined;
    const changed = (page: TenantPage) => ({
      ...page,
      items: page.items.map((item) => (item.id === id ? change(item) : item)),
    });
    return { ...data, pages: data.pages.map((page) => (shows(page) ? changed(page) : page)) };
  });
}
