import { Button } from "@codaco/fresco-ui/Button";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, useSyncExternalStore } from "react";

import { api, expect, type Myself, session, switchOrganisation } from "@/api";
import { trouble } from "@/api/problems";
import { me } from "@/api/queries/me";
import { AuthPage } from "@/pages/auth/AuthPage";
import { useLinkToken } from "@/pages/auth/useLinkToken";
import { ErrorState } from "@/ui/ErrorState";
import { LinkButton } from "@/ui/LinkButton";
import { Loading } from "@/ui/Loading";
import { Message } from "@/ui/Message";
import { Page } from "@/ui/Page";

import { invitation } from "./kept";

/** Where the letter leads that invites somebody to an organisation. */
export function Invitation() {
  const linked = useLinkToken();
  const [token] = useState(() => invitation.keep(linked));
  const { kind } = useSyncExternalStore(session.subscribe, () => session.state);
  // Asks who is in, if nobody has yet.
  const { error, refetch } = useQuery({
    queryKey: ["session", kind],
    queryFn: () => session.known(),
    enabled: kind === "unknown",
  });
  if (token === null) {
    return (
      <AuthPage title="Open the letter again" lead="An invitation is accepted by the link in its letter, once.">
        <LinkButton to="/instances">My instances</LinkButton>
      </AuthPage>
    );
  }
  if (kind === "unknown") {
    if (error === null) return <Loading />;
    return (
      <Page title="You are invited" hidesTitle>
        <ErrorState error={error} level="h1" onRetry={() => void refetch()} />
      </Page>
    );
  }
  return kind === "in" ? <Accept token={token} /> : <SignInFirst />;
}

function SignInFirst() {
  return (
    <AuthPage
      title="You are invited"
      lead="Sign in with the address that the letter came to: you come back here. If you have no account yet, make one with that address, and then open the letter again."
    >
      <div className="flex flex-wrap gap-3">
        <LinkButton to="/sign-in" search={{ next: "/invitation" }}>
          Sign in
        </LinkButton>
        <LinkButton to="/sign-up" variant="outline">
          Make an account
        </LinkButton>
      </div>
    </AuthPage>
  );
}

function Accept({ token }: { token: string }) {
  const navigate = useNavigate();
  const { data } = useQuery(me());
  const enter = useMutation({
    mutationFn: switchOrganisation,
    onSuccess: () => navigate({ to: "/instances", replace: true }),
  });
  const accept = useMutation({
    mutationFn: () => expect(api.POST("/api/v1/invitations/accept", { body: { token } })),
    onSuccess: ({ organisation }) => {
      invitation.forget();
      enter.mutate(organisation);
    },
  });
  // An invitation is good once: who has accepted it goes there, and does not accept it again.
  const joined = accept.data?.organisation;
  const isBusy = accept.isPending || enter.isPending;
  const error = accept.error ?? enter.error;
  const goOn = () => {
    if (isBusy) return;
    if (joined === undefined) accept.mutate();
    else enter.mutate(joined);
  };
  return (
    <AuthPage
      title={joined === undefined ? "You are invited" : "You are a member now"}
      lead={data === undefined ? undefined : leadOf(data, joined !== undefined)}
    >
      <div className="flex flex-col gap-6">
        {error !== null && (
          <Message kind="danger" title={trouble(error).title}>
            {trouble(error).detail}
          </Message>
        )}
        <div className="flex flex-wrap gap-3">
          <Button color="primary" aria-disabled={isBusy} onClick={goOn}>
            {isBusy ? "Joining…" : joined === undefined ? "Accept the invitation" : "Go to its instances"}
          </Button>
          <LinkButton to="/instances" variant="outline">
            Not now
          </LinkButton>
        </div>
      </div>
    </AuthPage>
  );
}

function leadOf({ name, email }: Myself, isMember: boolean): string {
  return `You ${isMember ? "have accepted" : "accept"} as ${name} (${email ?? ""}).`;
}
