import { useQuery } from "@tanstack/react-query";

import type { Tenant } from "@/api";
import { plan } from "@/api/queries/deploying";
import { events, useFollow } from "@/api/queries/events";
import type { ShownStep } from "@/ui/StepTimeline";
import { useNow } from "@/ui/useNow";

import { timeline } from "./timeline";

/** The steps by which an instance is made, from the first on, also for who comes later. */
export function useTimeline(tenant: Tenant): ShownStep[] {
  const { id } = tenant;
  useFollow(id);
  const { data: history } = useQuery(events(id));
  const { data } = useQuery(plan(id));
  const now = useNow();
  return timeline(history?.items ?? [], data?.steps ?? [], tenant, now);
}
