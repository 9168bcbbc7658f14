import { EmptyState } from "@/ui/EmptyState";
import { LostIllustration } from "@/ui/illustrations";
import { LinkButton } from "@/ui/LinkButton";
import { Page } from "@/ui/Page";

import { PublicFrame } from "./PublicLayout";

export function NotFound() {
  return (
    <PublicFrame>
      <Page title="Page not found" hidesTitle>
        <EmptyState
          heading="There is nothing at this address"
          level="h1"
          illustration={<LostIllustration />}
          action={<LinkButton to="/">Go to the front page</LinkButton>}
        >
          The link may be old, or mistyped.
        </EmptyState>
      </Page>
    </PublicFrame>
  );
}
