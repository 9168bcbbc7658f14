import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod/mini";

import { api, expect } from "@/api";
import { isProblem } from "@/api/problems";
import { me } from "@/api/queries/me";
import { queries } from "@/app/queries";
import { Form } from "@/forms/Form";
import { PasswordField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { password } from "@/forms/schema";
import { ErrorState } from "@/ui/ErrorState";
import { LinkButton } from "@/ui/LinkButton";
import { Loading } from "@/ui/Loading";

import { AuthPage } from "./AuthPage";
import { useLinkToken } from "./useLinkToken";

const schema = z.object({ password });

async function verify(token: string, password: string | null = null) {
  await expect(api.POST("/api/v1/auth/verify-email", { body: { token, password } }));
  await queries.invalidateQueries(me());
}

/** Where the link leads that shows an address to be one's own. It needs no click where its owner is signed in. */
export function VerifyEmail() {
  const token = useLinkToken();
  const [isShown, setShown] = useState(false);
  const { isSuccess, error, refetch } = useQuery({
    queryKey: ["verify-email", token],
    enabled: token !== null,
    // Good once: asked once.
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    queryFn: async () => {
      await verify(token ?? "");
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
  if (isSuccess || isShown) {
    return (
      <AuthPage
        title="Your address is verified"
        lead="Thank you. You can have instances made now. A sign-up that waits in another tab goes on by itself."
      >
        <LinkButton to="/instances">Go on</LinkButton>
      </AuthPage>
    );
  }
  if (isProblem(error, "password_required")) {
    return (
      <AuthPage
        title="Is it your account?"
        lead="You are not signed in here. The password of your account shows that it is you who has this address."
        footer={
          <p>
            You have no such password?{" "}
            <Link to="/forgot-password" className="inline-link">
              Choose a new one
            </Link>
          </p>
        }
      >
        <Form
          schema={schema}
          onSubmit={async ({ password }) => {
            await verify(token, password);
            setShown(true);
          }}
        >
          <PasswordField name="password" label="Password" autoComplete="current-password" />
          <Submit busy="Verifying…">Verify my address</Submit>
        </Form>
      </AuthPage>
    );
  }
  return (
    <AuthPage title="Verifying your address">
      {error === null ? <Loading /> : <ErrorState error={error} onRetry={() => void refetch()} />}
    </AuthPage>
  );
}
