import { QueryClient } from "@tanstack/react-query";

import { session } from "@/api";
import { trouble } from "@/api/problems";

/** What is known of the server, until somebody else is in. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 2 && trouble(error).passes,
      staleTime: 2_000,
    },
    mutations: { retry: false },
  },
});

/** Whose it is, and where they act. */
const place = () => (session.state.kind === "in" ? `${session.state.user} ${session.state.organisation}` : "");
let seen = place();

// One person's rows are never shown to the next, nor one organisation's in another.
session.subscribe(() => {
  const now = place();
  if (now === seen) return;
  // What is on the page is asked for anew: cleared alone, it would go on showing what was known before.
  if (now === "" || seen === "") queries.clear();
  else void queries.resetQueries();
  seen = now;
});
