import { useQuery } from "@tanstack/react-query";
import { useRouterState, useSearch } from "@tanstack/react-router";
import { useMemo, useSyncExternalStore } from "react";

import { session } from "@/api";
import { TermsGate } from "@/app/TermsGate";
import { ErrorState } from "@/ui/ErrorState";
import { Loading } from "@/ui/Loading";
import { Page } from "@/ui/Page";

import { Begin } from "./Begin";
import { DraftWizard } from "./DraftWizard";
import { readKey } from "./link";
import { OwnWizard } from "./OwnWizard";

/** The way to an instance: of who signs up, and of who has an account. */
export function Wizard() {
  const { step } = useSearch({ from: "/open/sign-up" });
  const hash = useRouterState({ select: ({ location }) => location.hash });
  const key = useMemo(() => readKey(hash), [hash]);
  const { kind } = useSyncExternalStore(session.subscribe, () => session.state);
  const { error, refetch } = useQuery({
    queryKey: ["session", kind],
    queryFn: () => session.known(),
    enabled: kind === "unknown",
  });
  if (kind === "unknown") {
    if (error === null) return <Loading />;
    return (
      <Page title="Sign up" hidesTitle>
        <ErrorState error={error} level="h1" onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (key !== undefined) return <DraftWizard key={key.id} draftKey={key} wished={step} />;
  if (kind !== "in") return <Begin />;
  return (
    <TermsGate>
      <OwnWizard wished={step} />
    </TermsGate>
  );
}
