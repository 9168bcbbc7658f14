import useFormStore from "@codaco/fresco-ui/form/hooks/useFormStore";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod/mini";

import { type AnswerStep, ApiError, api, session as current, expect, type WizardSession } from "@/api";
import { Form } from "@/forms/Form";
import { PasswordField, TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { newPassword, PASSWORD_RULE, personName } from "@/forms/schema";
import { LinkButton } from "@/ui/LinkButton";
import { Message } from "@/ui/Message";
import { StrengthMeter } from "@/ui/StrengthMeter";

import { SignInHere } from "./SignInHere";
import { strength } from "./strength";

interface AccountStepProps {
  session: WizardSession;
  onSave: (answer: AnswerStep) => Promise<WizardSession>;
  /** The draft has it, and nobody may have signed in. */
  onSaved: (session: WizardSession) => void;
  onDone: () => void;
}

const schema = z.object({ name: personName, password: newPassword });

/** The account for the draft's address. Whoever gave a new one is in with it at once. */
export function AccountStep({ session, onSave, onSaved, onDone }: AccountStepProps) {
  const [unopened, setUnopened] = useState<WizardSession>();
  const { email, notice } = session;
  const goOn = (answered: WizardSession) => {
    onSaved(answered);
    onDone();
  };
  if (unopened !== undefined) return <Elsewhere email={email} onDone={() => goOn(unopened)} />;
  if (session.data.account) {
    return (
      <div className="flex flex-col gap-6">
        <Message title={email}>The account was asked for with this address; a letter is on its way to it.</Message>
        <LinkButton to="/sign-up" search={{ step: "use_case" }} hash={true} size="lg" className="w-full">
          Continue
        </LinkButton>
      </div>
    );
  }
  return (
    <>
      {notice && (
        <div className="mb-8">
          <Message>{notice}</Message>
        </div>
      )}
      <Form
        schema={schema}
        onSubmit={async ({ name, password }) => {
          const answered = await onSave({ step: "account", data: { name, password } });
          try {
            current.begin(await expect(api.POST("/api/v1/auth/login", { body: { email, password } })));
          } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setUnopened(answered);
            return;
          }
          goOn(answered);
        }}
      >
        <p className="mb-8 flex flex-wrap items-baseline gap-x-3">
          <span className="font-bold break-all">{email}</span>
          <Link to="/sign-up" search={{}} hash="" className="inline-link text-sm">
            Take another address
          </Link>
        </p>
        {/* Password managers keep the password with it. */}
        <input type="email" autoComplete="username" value={email} readOnly hidden />
        <TextField name="name" label="Your name" hint="As others here see you." autoComplete="name" />
        <PasswordField name="password" label="Password" hint={PASSWORD_RULE} autoComplete="new-password" />
        <Meter email={email} />
        <Submit busy="Making your account…">Make my account</Submit>
      </Form>
    </>
  );
}

function Meter({ email }: { email: string }) {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const name = useFormStore((state) => text(state.fields.get("name")?.value));
  const password = useFormStore((state) => text(state.fields.get("password")?.value));
  return (
    <div className="-mt-4 mb-6">
      <StrengthMeter {...strength(password, [email, name])} />
    </div>
  );
}

/** That password opens no account: the letter says why, and only the letter. */
function Elsewhere({ email, onDone }: { email: string; onDone: () => void }) {
  return (
    <div className="flex flex-col gap-8">
      <Message kind="warning" title="Look into your mailbox first">
        We have written to {email}; the letter says how it stands with this address. If it has had an account already,
        sign in with the password of that account.
      </Message>
      <SignInHere email={email} onDone={onDone} />
    </div>
  );
}
