import { Button } from "@codaco/fresco-ui/Button";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { z } from "zod/mini";

import { api, expect, type Myself, session } from "@/api";
import { me } from "@/api/queries/me";
import { Form } from "@/forms/Form";
import { PasswordField, TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { password, personName } from "@/forms/schema";
import { Fact, Facts } from "@/ui/Facts";
import { LinkButton } from "@/ui/LinkButton";
import { Loaded } from "@/ui/Loaded";
import { LoadingRows } from "@/ui/Loading";
import { notify, notifyTrouble } from "@/ui/notify";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";
import { save } from "@/ui/save";

/** Who one is here, what is kept of it, and the end of it. */
export function Profile() {
  const query = useQuery(me());
  return (
    <Page
      title="Profile"
      width="narrow"
      actions={
        <>
          <LinkButton to="/account/security" variant="outline">
            Password and second factor
          </LinkButton>
          <LinkButton to="/account/sessions" variant="outline">
            Where I am signed in
          </LinkButton>
          <LinkButton to="/account/letters" variant="outline">
            Letters
          </LinkButton>
        </>
      }
    >
      <Loaded query={query} loading={<LoadingRows rows={2} />}>
        {(myself) => (
          <div className="flex flex-col gap-6">
            <Who myself={myself} />
            <Kept />
            <Leave myself={myself} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

const who = z.object({ name: personName });

function Who({ myself: { name, email, email_verified } }: { myself: Myself }) {
  const known = useQueryClient();
  const rename = useMutation({
    mutationFn: (body: z.output<typeof who>) => expect(api.PATCH("/api/v1/me", { body })),
    onSuccess: async () => {
      await known.invalidateQueries();
      notify({ title: "Your name is kept", variant: "success" });
    },
  });
  return (
    <Section title="Who you are">
      <Facts>
        <Fact name="Email address">{email ?? "None"}</Fact>
        <Fact name="Known to be yours">{email_verified ? "Yes" : "Not yet: open the link in our letter"}</Fact>
      </Facts>
      <Form key={name} schema={who} onSubmit={(values) => rename.mutateAsync(values)}>
        <TextField
          name="name"
          label="Name"
          hint="Shown to the members of your organisations."
          initialValue={name}
          autoComplete="name"
        />
        <Submit busy="One moment…">Keep it</Submit>
      </Form>
    </Section>
  );
}

/** What is kept of somebody, as a file. */
function Kept() {
  const take = useMutation({
    mutationFn: async () => {
      const all = await expect(api.GET("/api/v1/me/export"));
      save(new Blob([JSON.stringify(all, null, 2)], { type: "application/json" }), "my-account.json");
    },
    onError: notifyTrouble,
  });
  return (
    <Section title="What is kept of you">
      <p>
        Your account, where you are a member and signed in, the keys that you have made, and what you have done. What
        your instances hold is had from each of them.
      </p>
      <div>
        <Button
          variant="outline"
          color="primary"
          icon={<Download aria-hidden />}
          aria-disabled={take.isPending}
          onClick={() => !take.isPending && take.mutate()}
        >
          Download it
        </Button>
      </div>
    </Section>
  );
}

const leaving = z.object({ password, code: z.optional(z.string().check(z.trim())) });

function Leave({ myself: { second_factor } }: { myself: Myself }) {
  const [isAsked, setAsked] = useState(false);
  const leave = useMutation({
    mutationFn: ({ password, code }: z.output<typeof leaving>) =>
      expect(api.DELETE("/api/v1/me", { body: { password, code: code || null } })),
    onSuccess: () => {
      session.end();
      notify({ title: "Your account is deleted", variant: "success" });
    },
  });
  return (
    <Section title="Delete my account">
      <p>
        Your name, address, memberships and keys go at once and for good. Destroy your instances before, and hand over
        the organisations that are yours alone.
      </p>
      {isAsked ? (
        <Form schema={leaving} onSubmit={(values) => leave.mutateAsync(values)}>
          <PasswordField name="password" label="Your password, once more" autoComplete="current-password" autoFocus />
          {second_factor && <TextField name="code" label="Code that your app shows" autoComplete="one-time-code" />}
          <Submit busy="One moment…" color="destructive">
            Delete my account for good
          </Submit>
        </Form>
      ) : (
        <div>
          <Button variant="outline" color="destructive" onClick={() => setAsked(true)}>
            Delete my account…
          </Button>
        </div>
      )}
    </Section>
  );
}
