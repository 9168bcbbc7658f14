import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod/mini";

import { api, expect, type Login, session } from "@/api";
import { isProblem } from "@/api/problems";
import { Form } from "@/forms/Form";
import { PasswordField, TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { password } from "@/forms/schema";

const byPassword = z.object({ password });
const byCode = z.object({
  code: z.string("Enter your code").check(z.trim(), z.minLength(6, "Enter your code, whole")),
});

/** Signs in without leaving the draft. */
export function SignInHere({ email, onDone }: { email: string; onDone: () => void }) {
  // Kept while the code is asked for, and no longer.
  const [half, setHalf] = useState<Login>();
  const enter = async (login: Login) => {
    session.begin(await expect(api.POST("/api/v1/auth/login", { body: login })));
    onDone();
  };
  if (half !== undefined) {
    return (
      <Form key="code" schema={byCode} onSubmit={({ code }) => enter({ ...half, code })}>
        <TextField
          name="code"
          label="Code"
          hint="Of your authenticator app, or one of your recovery codes."
          autoComplete="one-time-code"
          autoFocus
        />
        <Submit busy="Checking…">Go on</Submit>
      </Form>
    );
  }
  return (
    <Form
      key="password"
      schema={byPassword}
      onSubmit={async ({ password }) => {
        const login = { email, password };
        try {
          await enter(login);
        } catch (error) {
          if (!isProblem(error, "second_factor_required")) throw error;
          setHalf(login);
        }
      }}
    >
      <input type="email" autoComplete="username" value={email} readOnly hidden />
      <PasswordField
        name="password"
        label="Password"
        hint={`Of the account of ${email}`}
        autoComplete="current-password"
      />
      <Submit busy="Signing in…">Sign in</Submit>
      <p className="mt-6 text-center">
        <Link to="/forgot-password" className="inline-link">
          Forgotten your password?
        </Link>
      </p>
    </Form>
  );
}
