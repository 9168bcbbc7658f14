import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";

import { ErrorState } from "@/ui/ErrorState";
import { Page } from "@/ui/Page";

import { PublicFrame } from "./PublicLayout";

/** In place of a page that failed. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <PublicFrame>
      <Page title="Something went wrong" hidesTitle>
        <ErrorState error={error} level="h1" onRetry={again} />
      </Page>
    </PublicFrame>
  );
}
