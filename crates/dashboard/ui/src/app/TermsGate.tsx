import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense } from "react";

import { me } from "@/api/queries/me";
import { Loading } from "@/ui/Loading";

const TermsDue = lazy(() => import("@/pages/account/TermsDue"));

/** What is behind it, unless the terms of use have changed since they were accepted: then those first. */
export function TermsGate({ children }: { children: ReactNode }) {
  const { data } = useQuery(me());
  if (data?.terms_due == null) return children;
  return (
    <Suspense fallback={<Loading />}>
      <TermsDue version={data.terms_due} account={data} />
    </Suspense>
  );
}
