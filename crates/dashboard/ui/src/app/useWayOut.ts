import { useRouter } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";

import { session } from "@/api";
import { backTo } from "@/pages/auth/next";

/** Whose session ends while they look signs in again, and comes back to the same page. */
export function useWayOut(): void {
  const { kind } = useSyncExternalStore(session.subscribe, () => session.state);
  const router = useRouter();
  useEffect(() => {
    // Where they were when it ended: on the way out, that is another place already.
    if (kind === "out") void router.navigate({ to: "/sign-in", ...backTo(router.state.location), replace: true });
  }, [kind, router]);
}
