import { Button } from "@codaco/fresco-ui/Button";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod/mini";

import { api, expect, type Role } from "@/api";
import { trouble } from "@/api/problems";
import { invitations } from "@/api/queries/organisations";
import { Form } from "@/forms/Form";
import { SelectField, TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { email } from "@/forms/schema";
import { Message } from "@/ui/Message";
import { notify, notifyTrouble } from "@/ui/notify";
import { RelativeTime } from "@/ui/RelativeTime";
import { Section } from "@/ui/Section";

import { roleName, roleOptions } from "./roles";

const schema = z.object({ email, role: z.string("Choose a role").check(z.minLength(1, "Choose a role")) });

/** Who was asked to come, and a way to ask more. */
export function Invitations({ id, role }: { id: string; role: Role }) {
  const known = useQueryClient();
  const { data, error } = useQuery(invitations(id));
  const [round, setRound] = useState(0);
  const refresh = () => known.invalidateQueries(invitations(id));
  const invite = useMutation({
    mutationFn: (values: z.output<typeof schema>) =>
      expect(
        api.POST("/api/v1/organisations/{id}/invitations", {
          params: { path: { id } },
          body: { email: values.email, role: values.role as Role },
        }),
      ),
    onSuccess: async (made) => {
      await refresh();
      setRound(round + 1);
      notify({ title: `A letter is on its way to ${made.email}`, variant: "success" });
    },
  });
  const revoke = useMutation({
    mutationFn: (invitation: string) =>
      expect(
        api.DELETE("/api/v1/organisations/{id}/invitations/{invitation}", { params: { path: { id, invitation } } }),
      ),
    onError: notifyTrouble,
    onSettled: refresh,
  });
  return (
    <Section title="Invitations">
      {error !== null && (
        <Message kind="danger" title={trouble(error).title}>
          {trouble(error).detail}
        </Message>
      )}
      {data !== undefined && data.items.length > 0 && (
        <ul className="flex flex-col">
          {data.items.map((invitation) => (
            <li
              key={invitation.id}
              className="border-outline flex flex-wrap items-center gap-x-5 gap-y-2 border-b py-3 first:pt-0 last:border-b-0"
            >
              <div className="min-w-0 flex-1 basis-56">
                <p className="font-bold break-all">{invitation.email}</p>
                <p className="text-muted text-sm">
                  {roleName(invitation.role)} · ends <RelativeTime at={invitation.expires_at} />
                </p>
              </div>
              <Button
                size="sm"
                variant="outline"
                aria-label={`Take back the invitation of ${invitation.email}`}
                aria-disabled={revoke.isPending}
                onClick={() => !revoke.isPending && revoke.mutate(invitation.id)}
              >
                Take back
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Form key={round} schema={schema} onSubmit={(values) => invite.mutateAsync(values)}>
        <TextField name="email" type="email" label="Email address" autoComplete="off" />
        <SelectField name="role" label="Role" initialValue="member" options={roleOptions(role)} />
        <Submit busy="Sending…">Invite</Submit>
      </Form>
    </Section>
  );
}
