import { Button } from "@codaco/fresco-ui/Button";
import { useState } from "react";
import { z } from "zod/mini";
import { Form } from "@/forms/Form";
import { TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";

import { AuthPage } from "./AuthPage";

const spaceless = z.string("Enter your code").check(z.overwrite((text) => text.replaceAll(/\s/g, "")));
const byApp = z.object({ code: spaceless.check(z.regex(/^\d{6}$/, "Enter the six digits that your app shows")) });
const byRecovery = z.object({ code: spaceless.check(z.minLength(8, "Enter one of your recovery codes, whole")) });

interface SecondFactorProps {
  onCode: (code: string) => Promise<unknown>;
  onBack: () => void;
}

/** The second step of signing in. */
export function SecondFactor({ onCode, onBack }: SecondFactorProps) {
  const [recovers, setRecovers] = useState(false);
  return (
    <AuthPage
      title="One more step"
      lead={
        recovers
          ? "Enter one of the recovery codes that you kept. Each is good once."
          : "Open your authenticator app, and enter the code that it shows for this platform."
      }
      footer={
        <button type="button" className="inline-link" onClick={onBack}>
          Sign in as somebody else
        </button>
      }
    >
      <Form
        key={recovers ? "recovery" : "app"}
        schema={recovers ? byRecovery : byApp}
        onSubmit={({ code }) => onCode(code)}
      >
        {recovers ? (
          <TextField name="code" label="Recovery code" autoComplete="off" autoFocus />
        ) : (
          <TextField name="code" label="Code" inputMode="numeric" autoComplete="one-time-code" autoFocus />
        )}
        <Submit busy="Checking…">Go on</Submit>
        <Button type="button" variant="text" className="mt-4 self-center" onClick={() => setRecovers(!recovers)}>
          {recovers ? "Use the app's code instead" : "I don't have my phone"}
        </Button>
      </Form>
    </AuthPage>
  );
}
