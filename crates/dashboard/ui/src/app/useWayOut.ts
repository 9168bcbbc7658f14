import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";

import { session } from "@/api";

/** Whose session ends while they look signs in again, and comes back to the same page. */
export function useWayOut(): void {
  const { kind } = useSyncExternalStore(session.subscribe, () => session.state);
  const next = useRouterState({ select: ({ location }) => `${location.pathname}${location.searchStr}` });
  const navigate = useNavigate();
  useEffect(() => {
    if (kind === "out") void navigate({ to: "/sign-in", search: { next }, replace: true });
  }, [kind, next, navigate]);
}
