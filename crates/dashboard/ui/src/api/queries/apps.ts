import { queryOptions } from "@tanstack/react-query";

import { api, expect } from "..";

/** The apps of which instances are made, and what may be set in each. */
export const apps = () =>
  queryOptions({
    queryKey: ["apps"],
    queryFn: ({ signal }) => expect(api.GET("/api/v1/apps", { signal })),
    staleTime: 60_000,
  });
