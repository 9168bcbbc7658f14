import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { Event, Tenant } from "@/api";
import { followEvents } from "@/api/follow";
import { plan } from "@/api/queries/deploying";
import type { ShownStep } from "@/ui/StepTimeline";
import { useNow } from "@/ui/useNow";

import { timeline } from "./timeline";

/** The steps by which an instance is made, from the first on, also for who comes later. */
export function useTimeline(tenant: Tenant): ShownStep[] {
  const [events, setEvents] = useState<Event[]>([]);
  const { id } = tenant;
  useEffect(() => {
    setEvents([]);
    return followEvents(id, (more) => setEvents((all) => [...all, ...more]));
  }, [id]);
  const { data } = useQuery(plan(id));
  const now = useNow();
  return timeline(events, data?.steps ?? [], tenant, now);
}
