import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { z } from "zod/mini";

import { api, expect, type Letters as Kind, type Myself } from "@/api";
import { me } from "@/api/queries/me";
import { Form } from "@/forms/Form";
import { CheckboxField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { Loaded } from "@/ui/Loaded";
import { LoadingRows } from "@/ui/Loading";
import { notify } from "@/ui/notify";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";

/** What one is written, and what one can do without. */
export function Letters() {
  const query = useQuery(me());
  const { data } = query;
  return (
    <Page
      title="Letters"
      lead={data?.email ? `They go to ${data.email}.` : "They go to your email address."}
      width="narrow"
    >
      <Loaded query={query} loading={<LoadingRows rows={2} />}>
        {(myself) => (
          <div className="flex flex-col gap-6">
            <Chosen myself={myself} />
            <Always kinds={myself.letters.filter(({ optional }) => !optional)} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Chosen({ myself: { letters, preferences } }: { myself: Myself }) {
  const known = useQueryClient();
  const kinds = letters.filter(({ optional }) => optional);
  const schema = z.object(Object.fromEntries(kinds.map(({ kind }) => [kind, z.boolean()])));
  const choose = useMutation({
    mutationFn: (letters: z.output<typeof schema>) =>
      expect(api.PATCH("/api/v1/me", { body: { preferences: { ...preferences, letters } } })),
    onSuccess: async () => {
      await known.invalidateQueries(me());
      notify({ title: "Your choice is kept", variant: "success" });
    },
  });
  return (
    <Section title="Those you may do without">
      <Form schema={schema} onSubmit={(values) => choose.mutateAsync(values)}>
        {kinds.map(({ kind, about, wanted }) => (
          <CheckboxField key={kind} name={kind} label={about} initialValue={wanted} />
        ))}
        <Submit busy="One moment…">Keep it</Submit>
      </Form>
    </Section>
  );
}

function Always({ kinds }: { kinds: readonly Kind[] }) {
  return (
    <Section title="Those that are always sent">
      <p>They let you in, or tell you what somebody did to your account: nobody can turn them off, not even you.</p>
      <ul className="list-disc pl-6">
        {kinds.map(({ kind, about }) => (
          <li key={kind}>{about}</li>
        ))}
      </ul>
    </Section>
  );
}
