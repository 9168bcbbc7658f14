import { queryOptions } from "@tanstack/react-query";

import { api, expect } from "..";

/** Whether a name is to be had, why not, and what is close to it. */
export const nameCheck = (name: string) =>
  queryOptions({
    queryKey: ["names", name],
    queryFn: ({ signal }) =>
      expect(api.GET("/api/v1/wizard/subdomains/{name}", { params: { path: { name } }, signal })),
    enabled: name !== "",
    staleTime: 10_000,
  });
