import { Button } from "@codaco/fresco-ui/Button";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, useSyncExternalStore } from "react";

import { api, expect, session, switchOrganisation } from "@/api";
import { trouble } from "@/api/problems";
import { me } from "@/api/queries/me";
import { AuthPage } from "@/pages/auth/AuthPage";
import { useLinkToken } from "@/pages/auth/useLinkToken";
import { LinkButton } from "@/ui/LinkButton";
import { Loading } from "@/ui/Loading";
import { Message } from "@/ui/Message";

import { invitation } from "./kept";

/** Where the letter leads that invites somebody to an organisation. */
export function Invitation() {
  const linked = useLinkToken();
  const [token] = useState(() => invitation.keep(linked));
  const { kind } = useSyncExternalStore(session.subscribe, () => session.state);
  // Asks who is in, if nobody has yet.
  useQuery({ queryKey: ["session", kind], queryFn: () => session.known(), enabled: kind === "unknown" });
  if (token === null) {
    return (
      <AuthPage title="Open the letter again" lead="An invitation is accepted by the link in its letter, once.">
        <LinkButton to="/instances">My instances</LinkButton>
      </AuthPage>
    );
  }
  if (kind === "unknown") return <Loading />;
  return kind === "in" ? <Accept token={token} /> : <SignInFirst />;
}

function SignInFirst() {
  return (
    <AuthPage
      title="You are invited"
      lead="Sign in with the address that the letter came to, or make an account with it. You come back here."
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
  const accept = useMutation({
    mutationFn: async () => {
      const { organisation } = await expect(api.POST("/api/v1/invitations/accept", { body: { token } }));
      invitation.forget();
      await switchOrganisation(organisation);
    },
    onSuccess: () => navigate({ to: "/instances", replace: true }),
  });
  return (
    <AuthPage
      title="You are invited"
      lead={data === undefined ? undefined : `You accept as ${data.name} (${data.email ?? ""}).`}
    >
      <div className="flex flex-col gap-6">
        {accept.isError && (
          <Message kind="danger" title={trouble(accept.error).title}>
            {trouble(accept.error).detail}
          </Message>
        )}
        <div className="flex flex-wrap gap-3">
          <Button color="primary" disabled={accept.isPending} onClick={() => accept.mutate()}>
            {accept.isPending ? "Joining…" : "Accept the invitation"}
          </Button>
          <LinkButton to="/instances" variant="outline">
            Not now
          </LinkButton>
        </div>
      </div>
    </AuthPage>
  );
}
