import { Button } from "@codaco/fresco-ui/Button";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod/mini";

import { type Device as Asking, api, expect } from "@/api";
import { trouble } from "@/api/problems";
import { Form } from "@/forms/Form";
import { TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { AuthPage } from "@/pages/auth/AuthPage";
import { LinkButton } from "@/ui/LinkButton";
import { Message } from "@/ui/Message";
import { RelativeTime } from "@/ui/RelativeTime";

const schema = z.object({
  user_code: z.string("Enter the code").check(z.trim(), z.minLength(8, "Enter the code as in WDJB-MJHT")),
});

type Step = { kind: "code" } | { kind: "ask"; code: string; asking: Asking } | { kind: "answered"; allowed: boolean };

/** Where `frescod login` sends people: they see what asks for a key of theirs, and say yes or no. */
export function Device() {
  const [shown] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get("code") ?? "");
  const [step, setStep] = useState<Step>({ kind: "code" });
  switch (step.kind) {
    case "code":
      return <EnterCode shown={shown} onFound={(code, asking) => setStep({ kind: "ask", code, asking })} />;
    case "ask":
      return <Answer {...step} onAnswer={(allowed) => setStep({ kind: "answered", allowed })} />;
    case "answered":
      return (
        <AuthPage
          title={step.allowed ? "It has its key" : "It gets no key"}
          lead={
            step.allowed
              ? "Go back to the program. Its key is good for 90 days; you can revoke it among your keys."
              : "Its code is no longer good."
          }
        >
          <LinkButton to="/instances">My instances</LinkButton>
        </AuthPage>
      );
  }
}

function EnterCode({ shown, onFound }: { shown: string; onFound: (code: string, asking: Asking) => void }) {
  return (
    <AuthPage
      title="A program asks for a key"
      lead="Enter the code that the program shows. Go on only if you have just started it yourself."
    >
      <Form
        schema={schema}
        onSubmit={async ({ user_code }) => {
          onFound(user_code, await expect(api.POST("/api/v1/auth/device/look", { body: { user_code } })));
        }}
      >
        <TextField name="user_code" label="Code" autoComplete="off" initialValue={shown} />
        <Submit busy="Looking…">Go on</Submit>
      </Form>
    </AuthPage>
  );
}

interface AnswerProps {
  code: string;
  asking: Asking;
  onAnswer: (allowed: boolean) => void;
}

function Answer({ code, asking, onAnswer }: AnswerProps) {
  const answer = useMutation({
    mutationFn: (allow: boolean) =>
      expect(api.POST("/api/v1/auth/device/answer", { body: { user_code: code, allow } })),
    onSuccess: (_, allow) => onAnswer(allow),
  });
  const say = (allow: boolean) => !answer.isPending && answer.mutate(allow);
  return (
    <AuthPage
      title="Does this come from you?"
      lead="Whoever shows you a code of theirs gets a key of yours. If you are not sure, say no."
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-3 break-words">
        <dt className="text-muted">Calls itself</dt>
        <dd className="min-w-0 font-bold">{asking.name}</dd>
        <dt className="text-muted">Comes from</dt>
        <dd className="min-w-0 font-bold">{asking.address}</dd>
        <dt className="text-muted">Asked</dt>
        <dd className="min-w-0 font-bold">
          <RelativeTime at={asking.asked_at} />
        </dd>
      </dl>
      {answer.isError && (
        <div className="mt-6">
          <Message kind="danger" title={trouble(answer.error).title}>
            {trouble(answer.error).detail}
          </Message>
        </div>
      )}
      <div className="mt-8 flex flex-wrap gap-3">
        <Button color="primary" aria-disabled={answer.isPending} onClick={() => say(true)}>
          Yes, give it a key
        </Button>
        <Button variant="outline" aria-disabled={answer.isPending} onClick={() => say(false)}>
          No
        </Button>
      </div>
    </AuthPage>
  );
}
