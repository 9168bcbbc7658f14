import { Button } from "@codaco/fresco-ui/Button";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod/mini";

import { type ApiKey, api, expect, type Myself, type NewKey } from "@/api";
import { may } from "@/api/permissions";
import { me } from "@/api/queries/me";
import { apiKeys } from "@/api/queries/organisations";
import { Form } from "@/forms/Form";
import { CheckboxField, SelectField, TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { CopyButton } from "@/ui/CopyButton";
import { Loaded } from "@/ui/Loaded";
import { LoadingRows } from "@/ui/Loading";
import { Message } from "@/ui/Message";
import { Page } from "@/ui/Page";
import { RelativeTime } from "@/ui/RelativeTime";
import { Section } from "@/ui/Section";

import { hereOf, NoOrganisation } from "./NoOrganisation";

/** What programs may do in one's name. */
export function Keys() {
  const query = useQuery(me());
  return (
    <Page
      title="API keys"
      lead="With a key, a program acts in your name, and no further than you may go."
      width="narrow"
    >
      <Loaded query={query} loading={<LoadingRows rows={2} />}>
        {(myself) => <Here myself={myself} />}
      </Loaded>
    </Page>
  );
}

function Here({ myself }: { myself: Myself }) {
  const here = hereOf(myself);
  if (here === undefined) return <NoOrganisation myself={myself} />;
  return (
    <div className="flex flex-col gap-6">
      <List organisation={here.organisation} />
      <Make organisation={here.organisation} role={myself.role ?? "viewer"} />
    </div>
  );
}

function List({ organisation }: { organisation: string }) {
  const query = useQuery(apiKeys(organisation));
  return (
    <Section title="Keys">
      <Loaded query={query} loading={<LoadingRows rows={2} />} level="h3">
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">There is none.</p>
          ) : (
            <ul className="flex flex-col">
              {items.map((key) => (
                <Row key={key.id} item={key} organisation={organisation} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function Row({
  item: { id, name, scopes, last_used_at, expires_at },
  organisation,
}: {
  item: ApiKey;
  organisation: string;
}) {
  const known = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const revoke = async () => {
    await expect(
      api.DELETE("/api/v1/organisations/{id}/api-keys/{key}", { params: { path: { id: organisation, key: id } } }),
    );
    await known.invalidateQueries(apiKeys(organisation));
  };
  return (
    <li className="border-outline flex flex-wrap items-center gap-x-5 gap-y-3 border-b py-4 first:pt-0 last:border-b-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-56">
        <p className="font-bold break-words">{name}</p>
        <p className="text-muted text-sm break-words">{scopes.join(", ")}</p>
        <p className="text-muted text-sm">
          {last_used_at == null ? (
            "Never used"
          ) : (
            <>
              Used <RelativeTime at={last_used_at} />
            </>
          )}
          {expires_at != null && (
            <>
              {" "}
              · ends <RelativeTime at={expires_at} />
            </>
          )}
        </p>
      </div>
      <Button
        size="sm"
        variant="outline"
        color="destructive"
        aria-label={`Revoke ${name}…`}
        onClick={() => setAsking(true)}
      >
        Revoke…
      </Button>
      <ConfirmByName
        open={isAsking}
        onClose={() => setAsking(false)}
        title={`Revoke ${name}?`}
        name={name}
        confirm={`Revoke ${name}`}
        onConfirm={revoke}
      >
        <p>Whatever program has it is refused from then on.</p>
      </ConfirmByName>
    </li>
  );
}

/** What keys are mostly for, and what they need for that. */
const PURPOSES: Record<string, { words: string; scopes: string[] }> = {
  look: { words: "Look on: instances and logs", scopes: ["tenant.view", "tenant.logs"] },
  operate: { words: "Start, stop and restart too", scopes: ["tenant.view", "tenant.logs", "tenant.operate"] },
  deploy: {
    words: "Make and change instances too",
    scopes: ["tenant.view", "tenant.logs", "tenant.operate", "tenant.create", "tenant.configure"],
  },
};

const schema = z.object({
  name: z.string("Enter a name").check(z.trim(), z.minLength(1, "Enter a name")),
  purpose: z.string("Choose what it may do").check(z.minLength(1, "Choose what it may do")),
  days: z.string("Choose until when").check(z.minLength(1, "Choose until when")),
  shared: z.optional(z.boolean()),
});

function Make({
  organisation,
  role,
}: {
  organisation: string;
  role: "viewer" | "member" | "manager" | "admin" | "owner";
}) {
  const known = useQueryClient();
  const [round, setRound] = useState(0);
  const [made, setMade] = useState<NewKey>();
  const make = useMutation({
    mutationFn: ({ name, purpose, days, shared }: z.output<typeof schema>) =>
      expect(
        api.POST("/api/v1/organisations/{id}/api-keys", {
          params: { path: { id: organisation } },
          body: {
            name,
            scopes: PURPOSES[purpose]?.scopes ?? [],
            days: days === "never" ? null : Number(days),
            ...(shared ? { organisation: true } : {}),
          },
        }),
      ),
    onSuccess: async (key) => {
      setMade(key);
      setRound(round + 1);
      await known.invalidateQueries(apiKeys(organisation));
    },
  });
  const purposes = Object.entries(PURPOSES).filter(
    ([purpose]) => purpose === "look" || may(role, purpose === "deploy" ? "tenant.configure" : "tenant.operate"),
  );
  return (
    <Section title="A new key">
      {made !== undefined && (
        <Message
          kind="success"
          title={`${made.key.name} is made`}
          action={<CopyButton text={made.token} label="Copy the key" />}
        >
          <p>Put it where its program finds it. Nobody can be shown it a second time.</p>
          <code className="mt-2 block text-sm break-all">{made.token}</code>
        </Message>
      )}
      <Form key={round} schema={schema} onSubmit={(values) => make.mutateAsync(values)}>
        <TextField name="name" label="What it is for" hint="As in: deploys from CI." />
        <SelectField
          name="purpose"
          label="What it may do"
          initialValue="look"
          options={purposes.map(([value, { words }]) => ({ value, label: words }))}
        />
        <SelectField
          name="days"
          label="Good for"
          initialValue="90"
          options={[
            { value: "30", label: "30 days" },
            { value: "90", label: "90 days" },
            { value: "365", label: "A year" },
            { value: "never", label: "Until it is revoked" },
          ]}
        />
        {may(role, "api_keys.manage") && (
          <CheckboxField name="shared" label="It acts for the organisation, not for me alone" />
        )}
        <Submit busy="One moment…">Make the key</Submit>
      </Form>
    </Section>
  );
}
