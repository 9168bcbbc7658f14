import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ErrorState } from "./ErrorState";
import { LoadingRows } from "./Loading";

interface LoadedProps<Data> {
  query: Pick<UseQueryResult<Data>, "data" | "error" | "refetch">;
  /** What stands there meanwhile, as high as what comes. */
  loading?: ReactNode;
  /** Of the heading, should it fail. */
  level?: "h1" | "h2" | "h3";
  children: (data: Data) => ReactNode;
}

/** What was asked for: on its way, refused with a way to ask again, or there. What is there stays while it is asked for anew. */
export function Loaded<Data>({ query, loading = <LoadingRows />, level = "h2", children }: LoadedProps<Data>) {
  const { data, error, refetch } = query;
  if (data !== undefined) return children(data);
  if (error === null) return loading;
  return <ErrorState error={error} level={level} onRetry={() => void refetch()} />;
}
