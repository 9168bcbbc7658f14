import { Button } from "@codaco/fresco-ui/Button";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { z } from "zod/mini";

import { api, expect, session } from "@/api";
import { help } from "@/api/queries/help";
import { me } from "@/api/queries/me";
import { Form } from "@/forms/Form";
import { TextArea, TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { email } from "@/forms/schema";
import { Message } from "@/ui/Message";

const LONGEST = 5_000;

const schema = z.object({
  email,
  instance: z.optional(z.string().check(z.trim(), z.maxLength(200, "Enter 200 characters at most"))),
  message: z
    .string("Write what you need help with")
    .check(
      z.trim(),
      z.minLength(1, "Write what you need help with"),
      z.maxLength(LONGEST, `Write ${LONGEST} characters at most`),
    ),
});

/** Writes to whoever runs the installation; nothing where nobody reads it. */
export function HelpForm() {
  const { data } = useQuery(help());
  const { kind } = useSyncExternalStore(session.subscribe, () => session.state);
  const isIn = kind === "in";
  const { data: myself, isPending } = useQuery({ ...me(), enabled: isIn });
  useEffect(() => {
    // Whoever can't be known now writes as anybody does, once there is a server.
    if (kind === "unknown") void session.known().catch(() => undefined);
  }, [kind]);
  const [sentFor, setSentFor] = useState<string>();
  if (!data?.takes_messages || kind === "unknown" || (isIn && isPending)) return null;
  if (sentFor !== undefined) return <Sent email={sentFor} onAgain={() => setSentFor(undefined)} />;
  return (
    <Form
      schema={schema}
      onSubmit={async ({ email, instance, message }) => {
        const body = { email, message, ...(instance ? { instance } : {}) };
        await expect(api.POST("/api/v1/help", { body }));
        setSentFor(email);
      }}
    >
      <TextField
        name="email"
        type="email"
        label="Email address"
        hint="The answer goes there."
        autoComplete="email"
        {...(myself?.email ? { initialValue: myself.email } : {})}
      />
      <TextField name="instance" label="Instance" hint="Its name or its address, if it is about one." />
      <TextArea name="message" label="Message" hint="What you did, when, and what happened instead." />
      <Submit busy="Sending…">Send it</Submit>
    </Form>
  );
}

function Sent({ email, onAgain }: { email: string; onAgain: () => void }) {
  return (
    <div className="flex flex-col items-start gap-5">
      <Message kind="success" title="Your message is on its way">
        Whoever runs this installation answers to <strong className="break-words">{email}</strong>.
      </Message>
      <Button variant="outline" color="primary" onClick={onAgain}>
        Write another
      </Button>
    </div>
  );
}
