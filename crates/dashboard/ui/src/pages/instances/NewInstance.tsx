import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { z } from "zod/mini";

import { type App, api, type CreateTenant, expect } from "@/api";
import { apps } from "@/api/queries/apps";
import { me, useMay } from "@/api/queries/me";
import { tenant as one } from "@/api/queries/tenants";
import { Form } from "@/forms/Form";
import { SelectField, TextField } from "@/forms/fields";
import { SubdomainField } from "@/forms/SubdomainField";
import { Submit } from "@/forms/Submit";
import { cpus, memory } from "@/forms/schema";
import { EmptyState } from "@/ui/EmptyState";
import { LinkButton } from "@/ui/LinkButton";
import { Loaded } from "@/ui/Loaded";
import { LoadingText } from "@/ui/Loading";
import { Page } from "@/ui/Page";
import { Panel } from "@/ui/Panel";

const schema = z.object({
  subdomain: z.string("Choose a name").check(z.trim(), z.minLength(3, "Choose a name of 3 characters or more")),
  app: z.string("Choose an app").check(z.minLength(1, "Choose an app")),
  image: z.optional(z.string().check(z.trim())),
  memory: z.optional(memory),
  cpus: z.optional(cpus),
});

/** For who has an account already: another instance, in one step. */
export function NewInstance() {
  const mayCreate = useMay("tenant.create");
  const myself = useQuery(me());
  const all = useQuery(apps());
  return (
    <Page title="New instance" lead="Its own address and its own database, apart from all others." width="narrow">
      {myself.data !== undefined && !mayCreate ? (
        <NotAllowed />
      ) : (
        <Panel spacing="generous">
          <Loaded query={myself} loading={<LoadingText lines={6} />}>
            {() => (
              <Loaded query={all} loading={<LoadingText lines={6} />}>
                {({ items }) => <CreateForm apps={items} />}
              </Loaded>
            )}
          </Loaded>
        </Panel>
      )}
    </Page>
  );
}

function NotAllowed() {
  return (
    <EmptyState heading="Not with your role" action={<LinkButton to="/instances">To the instances</LinkButton>}>
      Who looks on in an organisation makes no instances there. Ask one of its managers for another role.
    </EmptyState>
  );
}

function CreateForm({ apps }: { apps: readonly App[] }) {
  const navigate = useNavigate();
  const known = useQueryClient();
  const create = useMutation({
    mutationFn: (body: CreateTenant) => expect(api.POST("/api/v1/tenants", { body })),
    onSuccess: ({ tenant }) => {
      known.setQueryData(one(tenant.id).queryKey, tenant);
      void known.invalidateQueries({ queryKey: ["tenants"] });
      return navigate({ to: "/instances/$id", params: { id: tenant.id } });
    },
  });
  return (
    <Form schema={schema} onSubmit={(values) => create.mutateAsync(wishOf(values))}>
      <SubdomainField
        name="subdomain"
        label="Name"
        hint="Participants see it in the address: 3 to 63 small letters, digits and hyphens."
      />
      <SelectField
        name="app"
        label="App"
        initialValue={apps[0]?.name ?? ""}
        options={apps.map(({ name, title, summary }) => ({ value: name, label: `${title}: ${summary}` }))}
      />
      <details className="group mb-8">
        <summary className="text-link flex min-h-11 cursor-pointer list-none items-center gap-2 rounded-sm font-bold">
          <ChevronRight aria-hidden className="size-5 shrink-0 transition-transform group-open:rotate-90" />
          Version and limits
        </summary>
        <div className="border-outline mt-4 border-l-4 pl-5">
          <TextField
            name="image"
            label="Image"
            hint="A version of the app, as in registry.example.org/fresco:4.0.0. Left out: the one that is usual here."
          />
          <TextField name="memory" label="Memory" hint="As in 512MiB or 1GiB. Left out: what the version needs." />
          <TextField
            name="cpus"
            label="Processor cores"
            inputMode="numeric"
            hint="As in 0.5. Left out: what the version needs."
          />
        </div>
      </details>
      <Submit busy="One moment…">Make it</Submit>
    </Form>
  );
}

function wishOf({ subdomain, app, image, memory, cpus }: z.output<typeof schema>): CreateTenant {
  const limits = { ...(memory ? { memory } : {}), ...(cpus ? { cpus: Number(cpus) } : {}) };
  return {
    subdomain,
    app,
    ...(image ? { image } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
  };
}
