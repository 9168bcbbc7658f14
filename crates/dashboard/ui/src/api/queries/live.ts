// Shows what happens to any instance as soon as it does, wherever it is shown.
//
// Level-triggered: an event only says which instance to look at. What a look finds never goes back behind what is known, and
// while a list is on its way that was asked for before, its instances are looked at once more when it has come.

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { ApiError, api, expect, type Tenant, type TenantPage } from "..";
import { live } from "../live";
import { know, LISTS, type TenantFilter, tenant } from "./tenants";

/** What happens within so many milliseconds is looked at together. */
const BATCH = 100;
/** Between two rounds of looks, and between two readings of lists, in milliseconds: whoever looks has a quota. */
const ROUND = 1_000;
const READING = 2_000;
/** More instances than this in a round, and the lists are read instead. */
const MANY = 4;

export function useLiveInstances(): void {
  const known = useQueryClient();
  useEffect(() => {
    const looks = new Looks(known);
    const unlisten = live.listen({
      onEvent: ({ tenant_id }) => looks.want(tenant_id),
      onMissed: () => looks.wantAll(),
    });
    return () => {
      unlisten();
      looks.stop();
    };
  }, [known]);
}

/** Looks at what has been touched, a round at a time. */
export class Looks {
  readonly #known: QueryClient;
  readonly #touched = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #listTimer: ReturnType<typeof setTimeout> | undefined;
  #allTimer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  #isStopped = false;
  #listed = Number.NEGATIVE_INFINITY;

  constructor(known: QueryClient) {
    this.#known = known;
  }

  want(id: string): void {
    this.#touched.add(id);
    this.#schedule(BATCH);
  }

  /** A page that has just been opened is reading them anyway. */
  wantAll(): void {
    this.#allTimer ??= setTimeout(() => {
      this.#allTimer = undefined;
      void this.#known.invalidateQueries({ queryKey: ["tenants"] }, { cancelRefetch: false });
    }, ROUND);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of [this.#timer, this.#listTimer, this.#allTimer]) clearTimeout(timer);
  }

  #schedule(pause: number): void {
    if (this.#isStopped || this.#isLooking || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#round(), pause);
  }

  async #round(): Promise<void> {
    this.#timer = undefined;
    this.#isLooking = true;
    const ids = [...this.#touched];
    this.#touched.clear();
    if (ids.length > MANY) this.#readLists();
    const near = ids.length > MANY ? ids.filter((id) => isWatched(this.#known, id)) : ids;
    await Promise.all(near.map((id) => this.#look(id)));
    await new Promise((resolve) => setTimeout(resolve, ROUND));
    this.#isLooking = false;
    if (this.#touched.size > 0) this.#schedule(0);
  }

  /** Where it fails, the change is seen when the page asks by itself. */
  async #look(id: string): Promise<void> {
    const { queryKey } = tenant(id);
    for (const part of ["plan", "deployments", "changes"])
      void this.#known.invalidateQueries({ queryKey: ["tenants", part, id] });
    // An answer that is on its way may have been given before.
    await this.#known.cancelQueries({ queryKey, exact: true });
    try {
      const found = await expect(api.GET("/api/v1/tenants/{id}", { params: { path: { id } } }));
      if (this.#isStopped) return;
      know(this.#known, id, (now) => newer(now, found));
      if (lists(this.#known).some((list) => list.isFetching || isMoved(found, list))) this.#readLists();
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 404) this.#readLists();
    }
  }

  /** Soon, and seldom; one that is being read is read once more after it. */
  #readLists(): void {
    if (this.#isStopped || this.#listTimer !== undefined) return;
    const pause = Math.max(0, this.#listed + READING - performance.now());
    this.#listTimer = setTimeout(() => {
      this.#listTimer = undefined;
      this.#listed = performance.now();
      if (lists(this.#known).some(({ isFetching }) => isFetching)) this.#readLists();
      else void this.#known.refetchQueries({ queryKey: LISTS, type: "active" }, { cancelRefetch: false });
    }, pause);
  }
}

interface List {
  wish: TenantFilter;
  pages: readonly TenantPage[];
  isFetching: boolean;
}

/** Those that somebody looks at. */
function lists(known: QueryClient): List[] {
  return known
    .getQueryCache()
    .findAll({ queryKey: LISTS, type: "active" })
    .map(({ queryKey, state: { data, fetchStatus } }) => ({
      wish: queryKey[2] as TenantFilter,
      pages: (data as { pages: TenantPage[] } | undefined)?.pages ?? [],
      isFetching: fetchStatus === "fetching",
    }));
}

const isWatched = (known: QueryClient, id: string) =>
  known
    .getQueryCache()
    .find({ queryKey: tenant(id).queryKey, exact: true })
    ?.isActive() ?? false;

/** Whether it stands in a list where it doesn't belong by now, or the other way round. */
export function isMoved(found: Tenant, { wish, pages }: Pick<List, "wish" | "pages">): boolean {
  const belongs = wish.status === undefined || wish.status === found.status;
  if (pages.some(({ items }) => items.some(({ id }) => id === found.id))) return !belongs;
  const last = pages.at(-1);
  const oldest = last?.next == null ? undefined : last.items.at(-1);
  const isLoaded = oldest === undefined || found.created_at >= oldest.created_at;
  return belongs && isLoaded && (wish.search === undefined || found.subdomain.includes(wish.search.toLowerCase()));
}

/** Which of the two was seen later; what is only hoped for counts, until the server has spoken. */
export function newer(now: Tenant, found: Tenant): Tenant {
  if (now.generation !== found.generation) return now.generation > found.generation ? now : found;
  return (now.observed_at ?? "") > (found.observed_at ?? "") ? now : found;
}
