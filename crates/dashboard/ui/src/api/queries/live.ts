import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { ApiError, type Tenant, type TenantPage } from "..";
import { live } from "../live";
import { know, type TenantFilter, tenant } from "./tenants";

/** What happens within so many milliseconds is asked for at once. */
const BATCH = 100;
/** More instances than this are asked for together. */
const MANY = 8;

/** Shows what happens to any instance as soon as it does, wherever it is shown. */
export function useLiveInstances(): void {
  const known = useQueryClient();
  useEffect(() => refresh(known), [known]);
}

function refresh(known: QueryClient): () => void {
  const touched = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const ids = [...touched];
    touched.clear();
    if (ids.length > MANY) void known.invalidateQueries({ queryKey: ["tenants"] });
    else for (const id of ids) void look(known, id);
  };
  const unlisten = live.listen({
    onEvent: ({ tenant_id }) => {
      touched.add(tenant_id);
      timer ??= setTimeout(flush, BATCH);
    },
    onMissed: () => void known.invalidateQueries({ queryKey: ["tenants"] }),
  });
  return () => {
    clearTimeout(timer);
    unlisten();
  };
}

/** Asks for one, and for what depends on it. Where that fails, it is seen when the page asks by itself. */
async function look(known: QueryClient, id: string): Promise<void> {
  for (const part of ["plan", "deployments", "changes"])
    void known.invalidateQueries({ queryKey: ["tenants", part, id] });
  try {
    const found = await known.fetchQuery({ ...tenant(id), staleTime: 0, retry: false });
    know(known, id, (now) => (now.generation > found.generation ? now : found));
    void known.invalidateQueries({
      queryKey: ["tenants", "list"],
      predicate: ({ queryKey }) => mayMove(known, queryKey, found),
    });
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 404)
      void known.invalidateQueries({ queryKey: ["tenants", "list"] });
  }
}

/** Whether it may belong into a list where it is not, or the other way round. */
function mayMove(known: QueryClient, queryKey: readonly unknown[], { id, status }: Tenant): boolean {
  const wish = (queryKey[2] as TenantFilter).status;
  const pages = known.getQueryData<{ pages: TenantPage[] }>(queryKey)?.pages ?? [];
  const isThere = pages.some(({ items }) => items.some((item) => item.id === id));
  return isThere ? wish !== undefined && wish !== status : wish === undefined || wish === status;
}
