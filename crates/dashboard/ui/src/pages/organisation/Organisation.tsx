import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { z } from "zod/mini";

import { api, expect, type Membership, type Myself, switchOrganisation } from "@/api";
import { me, useMay } from "@/api/queries/me";
import { Form } from "@/forms/Form";
import { TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { Loaded } from "@/ui/Loaded";
import { notify } from "@/ui/notify";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";

import { Ending } from "./Ending";
import { Invitations } from "./Invitations";
import { Members } from "./Members";
import { hereOf, NoOrganisation } from "./NoOrganisation";

const schema = z.object({
  name: z
    .string("Enter a name")
    .check(z.trim(), z.minLength(1, "Enter a name"), z.maxLength(200, "Enter a shorter name")),
});

/** Who shares the instances of the organisation that one acts in, and as what. */
export function Organisation() {
  const query = useQuery(me());
  const here = query.data && hereOf(query.data);
  return (
    <Page
      title={here?.name ?? "Organisation"}
      lead="Its members see and work on its instances, as far as their roles go."
    >
      <Loaded query={query}>
        {(myself) => (
          <div className="flex max-w-4xl flex-col gap-6">
            {here === undefined ? <NoOrganisation myself={myself} /> : <Here myself={myself} here={here} />}
            <Make />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Here({ myself, here }: { myself: Myself; here: Membership }) {
  const { organisation, name } = here;
  const mayManage = useMay("members.manage");
  return (
    <>
      <Members myself={myself} id={organisation} />
      {mayManage && <Invitations id={organisation} role={myself.role ?? "viewer"} />}
      <Rename myself={myself} id={organisation} name={name} />
      <Ending myself={myself} here={here} />
    </>
  );
}

function Rename({ myself, id, name }: { myself: Myself; id: string; name: string }) {
  const known = useQueryClient();
  const mayRename = useMay("organisation.manage");
  const rename = useMutation({
    mutationFn: (body: z.output<typeof schema>) =>
      expect(api.PATCH("/api/v1/organisations/{id}", { params: { path: { id } }, body })),
    onSuccess: async () => {
      await known.invalidateQueries(me());
      notify({ title: "The new name is kept", variant: "success" });
    },
  });
  if (!mayRename) return null;
  return (
    <Section title="Name">
      <Form key={`${myself.organisation} ${name}`} schema={schema} onSubmit={(values) => rename.mutateAsync(values)}>
        <TextField name="name" label="Name" initialValue={name} />
        <Submit busy="One moment…">Rename</Submit>
      </Form>
    </Section>
  );
}

function Make() {
  const known = useQueryClient();
  const make = useMutation({
    mutationFn: (body: z.output<typeof schema>) => expect(api.POST("/api/v1/organisations", { body })),
    onSuccess: async ({ id, name }) => {
      await switchOrganisation(id);
      await known.invalidateQueries();
      notify({ title: `You act in ${name} now`, variant: "success" });
    },
  });
  return (
    <Section title="Another organisation">
      <p className="text-muted">For a group with instances of its own. You will be its owner, and invite the others.</p>
      <Form schema={schema} onSubmit={(values) => make.mutateAsync(values)}>
        <TextField name="name" label="Name of the new organisation" />
        <Submit busy="One moment…">Make it</Submit>
      </Form>
    </Section>
  );
}
