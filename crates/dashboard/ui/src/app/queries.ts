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
    // At once or not at all: what waited for a network would be done when nobody expects it any more.
    mutations: { retry: false, networkMode: "always" },
  },
});

// One person's rows are never shown to the next, nor one organisation's in another.
session.onMove((before) => {
  // What is on the page is asked for anew: cleared alone, it would go on showing what was known before.
  if (before === undefined || session.place === undefined) queries.clear();
  else void queries.resetQueries();
});
