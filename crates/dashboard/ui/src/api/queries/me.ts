import { queryOptions, useQuery } from "@tanstack/react-query";

import { api, expect } from "..";
import { may, type Permission } from "../permissions";

/** Who one is, and where. */
export const me = () =>
  queryOptions({ queryKey: ["me"], queryFn: ({ signal }) => expect(api.GET("/api/v1/me", { signal })) });

/** Whether one may do that in the organisation that one acts in; not while that isn't known. */
export function useMay(permission: Permission): boolean {
  return may(useQuery(me()).data?.role, permission);
}
