import { queryOptions } from "@tanstack/react-query";

import { api, expect } from "..";

/** Where one is signed in. */
export const sessions = () =>
  queryOptions({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => expect(api.GET("/api/v1/me/sessions", { params: { query: { limit: 200 } }, signal })),
  });
