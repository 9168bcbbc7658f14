import { useQuery } from "@tanstack/react-query";

import { api, expect } from "@/api";
import { isProblem } from "@/api/problems";
import { me } from "@/api/queries/me";
import { queries } from "@/app/queries";
import { ErrorState } from "@/ui/ErrorState";
import { LinkButton } from "@/ui/LinkButton";
import { Loading } from "@/ui/Loading";

import { AuthPage } from "./AuthPage";
import { useLinkToken } from "./useLinkToken";

/** Where the link leads that shows an address to be one's own. It needs no click: whoever opens it has meant it. */
export function VerifyEmail() {
  const token = useLinkToken();
  const { isSuccess, error, refetch } = useQuery({
    queryKey: ["verify-email", token],
    enabled: token !== null,
    // Good once: asked once.
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    queryFn: async () => {
      await expect(api.POST("/api/v1/auth/verify-email", { body: { token: token ?? "" } }));
      await queries.invalidateQueries(me());
      return true;
    },
  });
  if (token === null || isProblem(error, "link_refused")) {
    return (
      <AuthPage
        title="This link is no longer good"
        lead="It was used already, has expired, or a newer one was sent. Sign in: if your address is still to be verified, you can have the letter sent again there."
      >
        <LinkButton to="/instances">Go on</LinkButton>
      </AuthPage>
    );
  }
  if (isSuccess) {
    return (
      <AuthPage
        title="Your address is verified"
        lead="Thank you. You can have instances made now. A sign-up that waits in another tab goes on by itself."
      >
        <LinkButton to="/instances">Go on</LinkButton>
      </AuthPage>
    );
  }
  return (
    <AuthPage title="Verifying your address">
      {error === null ? <Loading /> : <ErrorState error={error} onRetry={() => void refetch()} />}
    </AuthPage>
  );
}
