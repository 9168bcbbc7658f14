import { queryOptions } from "@tanstack/react-query";

import { api, expect } from "..";

/** What help whoever runs the installation gives. */
export const help = () =>
  queryOptions({
    queryKey: ["help"],
    queryFn: ({ signal }) => expect(api.GET("/api/v1/help", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
