import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod/mini";

import { api, expect } from "@/api";
import { Form } from "@/forms/Form";
import { TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { email } from "@/forms/schema";
import { LetterIllustration } from "@/ui/illustrations";

import { AuthPage } from "./AuthPage";

const schema = z.object({ email });

/** Asks for the link by which a new password is chosen. */
export function ForgotPassword() {
  const [sentTo, setSentTo] = useState<string>();
  const footer = (
    <Link to="/sign-in" className="inline-link">
      Back to signing in
    </Link>
  );
  if (sentTo !== undefined) {
    return (
      <AuthPage title="Look into your mailbox" footer={footer}>
        <div role="status" className="flex flex-col gap-4">
          <LetterIllustration />
          <p>
            A letter is on its way to <strong className="break-words">{sentTo}</strong>. Its link is good for an hour,
            and once.
          </p>
          <p className="text-muted">
            Nothing there after some minutes? Look among the junk, and whether the address is right.
          </p>
          <button type="button" className="inline-link self-start" onClick={() => setSentTo(undefined)}>
            Try another address
          </button>
        </div>
      </AuthPage>
    );
  }
  return (
    <AuthPage title="Forgotten your password?" lead="We send you a link by which you choose a new one." footer={footer}>
      <Form
        schema={schema}
        onSubmit={async ({ email }) => {
          await expect(api.POST("/api/v1/auth/password/forgot", { body: { email } }));
          setSentTo(email);
        }}
      >
        <TextField name="email" type="email" label="Email address" autoComplete="username" />
        <Submit busy="Sending…">Send me the link</Submit>
      </Form>
    </AuthPage>
  );
}
