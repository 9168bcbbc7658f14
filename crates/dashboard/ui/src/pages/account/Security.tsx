import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod/mini";

import { api, expect } from "@/api";
import { me } from "@/api/queries/me";
import { Form } from "@/forms/Form";
import { PasswordField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { newPassword, PASSWORD_RULE, password } from "@/forms/schema";
import { LinkButton } from "@/ui/LinkButton";
import { Loaded } from "@/ui/Loaded";
import { LoadingText } from "@/ui/Loading";
import { notify } from "@/ui/notify";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";

import { SecondFactor } from "./SecondFactor";

/** What one signs in with. Letters about the second factor lead here. */
export function Security() {
  const query = useQuery(me());
  return (
    <Page
      title="Password and second factor"
      width="narrow"
      actions={
        <LinkButton to="/account/sessions" variant="outline">
          Where I am signed in
        </LinkButton>
      }
    >
      <div className="flex flex-col gap-6">
        <ChangePassword />
        <Loaded query={query} loading={<LoadingText />}>
          {(myself) => <SecondFactor myself={myself} />}
        </Loaded>
      </div>
    </Page>
  );
}

const schema = z.object({ current: password, password: newPassword });

function ChangePassword() {
  const [round, setRound] = useState(0);
  const change = useMutation({
    mutationFn: (body: z.output<typeof schema>) => expect(api.POST("/api/v1/auth/password/change", { body })),
    onSuccess: () => {
      setRound(round + 1);
      notify({ title: "Your password is changed", description: "All other sessions have ended.", variant: "success" });
    },
  });
  return (
    <Section title="Password">
      <Form key={round} schema={schema} onSubmit={(values) => change.mutateAsync(values)}>
        <PasswordField name="current" label="Password of now" autoComplete="current-password" />
        <PasswordField name="password" label="New password" hint={PASSWORD_RULE} autoComplete="new-password" />
        <Submit busy="One moment…">Change it</Submit>
      </Form>
    </Section>
  );
}
