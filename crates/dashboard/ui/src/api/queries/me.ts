import { queryOptions } from "@tanstack/react-query";

import { api, expect } from "..";

/** Who one is, and where. */
export const me = () =>
  queryOptions({ queryKey: ["me"], queryFn: ({ signal }) => expect(api.GET("/api/v1/me", { signal })) });
