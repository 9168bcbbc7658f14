import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { z } from "zod/mini";

import { api, expect, type Login, session } from "@/api";
import { isProblem } from "@/api/problems";
import { Form } from "@/forms/Form";
import { CheckboxField, PasswordField, TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { email, password } from "@/forms/schema";

import { AuthPage } from "./AuthPage";
import { onward } from "./next";
import { SecondFactor } from "./SecondFactor";

const credentials = z.object({ email, password, remember: z.optional(z.boolean()) });

/** Sign in: address and password, and the second factor where there is one. */
export function SignIn() {
  const { next } = useSearch({ from: "/open/sign-in" });
  // As the page was opened: the way past the navigation has a fragment of its own.
  const [fragment] = useState(() => window.location.hash);
  const { history } = useRouter();
  const { kind } = useSyncExternalStore(session.subscribe, () => session.state);
  // Kept while the code is asked for, and no longer.
  const [half, setHalf] = useState<Login>();

  // Who is in already, or just came in, goes on.
  useEffect(() => {
    if (kind === "unknown") void session.known().catch(() => undefined);
    if (kind === "in") history.replace(onward(next, fragment));
  }, [kind, next, fragment, history]);

  const enter = async (login: Login) => session.begin(await expect(api.POST("/api/v1/auth/login", { body: login })));

  if (half !== undefined) {
    return <SecondFactor onCode={(code) => enter({ ...half, code })} onBack={() => setHalf(undefined)} />;
  }
  return (
    <AuthPage
      title="Sign in"
      footer={
        <p>
          No account yet?{" "}
          <Link to="/sign-up" className="inline-link">
            Make your own instance
          </Link>
        </p>
      }
    >
      <Form
        schema={credentials}
        onSubmit={async ({ email, password, remember }) => {
          const login = { email, password, remember: remember ?? false };
          try {
            await enter(login);
          } catch (error) {
            if (!isProblem(error, "second_factor_required")) throw error;
            setHalf(login);
          }
        }}
      >
        <TextField name="email" type="email" label="Email address" autoComplete="username" />
        <PasswordField name="password" label="Password" autoComplete="current-password" />
        <CheckboxField name="remember" label="Stay signed in on this device" />
        <Submit busy="Signing in…">Sign in</Submit>
        <p className="mt-6 text-center">
          <Link to="/forgot-password" className="inline-link">
            Forgotten your password?
          </Link>
        </p>
      </Form>
    </AuthPage>
  );
}
