import { useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import type { Tenant } from "@/api";
import { tenant } from "@/api/queries/tenants";

/** The instance whose tab is shown. The layout shows none before it is known. */
export function useInstance(): Tenant {
  const { id } = useParams({ from: "/signed-in/instances/$id" });
  return useSuspenseQuery(tenant(id)).data;
}
