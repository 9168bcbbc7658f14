import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod/mini";

import { api, expect } from "@/api";
import { isProblem } from "@/api/problems";
import { Form } from "@/forms/Form";
import { PasswordField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { newPassword, PASSWORD_RULE } from "@/forms/schema";
import { LinkButton } from "@/ui/LinkButton";

import { AuthPage } from "./AuthPage";
import { useLinkToken } from "./useLinkToken";

const schema = z.object({ password: newPassword });

/** Where the link of a forgotten password leads. */
export function ResetPassword() {
  const token = useLinkToken();
  const [state, setState] = useState<"asking" | "done" | "refused">(token === null ? "refused" : "asking");
  if (state === "refused" || token === null) return <RefusedLink />;
  if (state === "done") {
    return (
      <AuthPage title="Your password is changed" lead="You were signed out everywhere. Sign in with the new one.">
        <LinkButton to="/sign-in">Sign in</LinkButton>
      </AuthPage>
    );
  }
  return (
    <AuthPage title="Choose a new password" lead="You are signed out everywhere when it is changed.">
      <Form
        schema={schema}
        onSubmit={async ({ password }) => {
          try {
            await expect(api.POST("/api/v1/auth/password/reset", { body: { token, password } }));
            setState("done");
          } catch (error) {
            if (!isProblem(error, "link_refused")) throw error;
            setState("refused");
          }
        }}
      >
        <PasswordField name="password" label="New password" hint={PASSWORD_RULE} autoComplete="new-password" />
        <Submit busy="Changing…">Change it</Submit>
      </Form>
    </AuthPage>
  );
}

function RefusedLink() {
  return (
    <AuthPage
      title="This link is no longer good"
      lead="It was used already, has expired, or a newer one was sent. Your password is what it was."
      footer={
        <Link to="/sign-in" className="inline-link">
          Back to signing in
        </Link>
      }
    >
      <LinkButton to="/forgot-password">Ask for a new link</LinkButton>
    </AuthPage>
  );
}
