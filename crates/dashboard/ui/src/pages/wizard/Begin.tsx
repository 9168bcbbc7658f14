import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod/mini";

import { isProblem } from "@/api/problems";
import { beginDraft, draft } from "@/api/queries/wizard";
import { queries } from "@/app/queries";
import { Form } from "@/forms/Form";
import { TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { email } from "@/forms/schema";
import { AuthPage } from "@/pages/auth/AuthPage";
import { LinkButton } from "@/ui/LinkButton";

import { Frame } from "./Frame";
import { writeKey } from "./link";
import { STEPS } from "./steps";

const schema = z.object({ email });
/** Who comes back to take another address finds the one before. */
let typed = "";

/** Who signs up. With it, the draft begins, and the server says who may. */
export function Begin() {
  const navigate = useNavigate();
  const [closed, setClosed] = useState(false);
  if (closed) return <Closed />;
  return (
    <Frame
      title="Make your own instance"
      lead="An instance of Fresco for your study, at an address of its own, on this server. Five short steps, and a minute in which it is made."
      steps={STEPS}
      at="account"
      footer={
        <>
          You have an account?{" "}
          <Link to="/sign-in" search={{ next: "/sign-up" }} className="inline-link">
            Sign in
          </Link>
        </>
      }
    >
      <Form
        schema={schema}
        onSubmit={async ({ email }) => {
          typed = email;
          try {
            const { token, session } = await beginDraft(email);
            const key = { id: session.id, token };
            queries.setQueryData(draft(key).queryKey, session);
            await navigate({ to: "/sign-up", search: {}, hash: writeKey(key) });
          } catch (error) {
            if (!isProblem(error, "signup_closed")) throw error;
            setClosed(true);
          }
        }}
      >
        <TextField
          name="email"
          type="email"
          label="Email address"
          hint="At your institution, if you have one there. You confirm it by a letter."
          autoComplete="email"
          initialValue={typed}
        />
        <Submit busy="One moment…">Continue</Submit>
      </Form>
    </Frame>
  );
}

function Closed() {
  return (
    <AuthPage
      title="Nobody can sign up here"
      lead="Whoever runs this installation makes the accounts. Ask them for one; if you have one, sign in, and make your instance there."
      footer={
        <Link to="/support" className="inline-link">
          Whom can I ask?
        </Link>
      }
    >
      <LinkButton to="/sign-in" search={{ next: "/sign-up" }}>
        Sign in
      </LinkButton>
    </AuthPage>
  );
}
