import { Button } from "@codaco/fresco-ui/Button";
import { useQuery } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";

import { api, expect, type Measured, type Plan, type PlannedStep, type Tenant } from "@/api";
import { ifMatch } from "@/api/operations";
import { trouble } from "@/api/problems";
import { useMay } from "@/api/queries/me";
import { plan } from "@/api/queries/tenants";
import { useChange } from "@/pages/instances/useOperation";
import { bytes } from "@/ui/amounts";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { LoadingText } from "@/ui/Loading";
import { Section } from "@/ui/Section";
import { ago } from "@/ui/time";
import { useNow } from "@/ui/useNow";

import { Undo } from "./Undo";
import { useInstance } from "./useInstance";

/** What can't be undone, or not for long. */
export function Danger() {
  const tenant = useInstance();
  const mayDestroy = useMay("tenant.destroy");
  return (
    <div className="flex max-w-3xl flex-col gap-6">
      <Undo tenant={tenant} />
      {tenant.desired_state !== "destroyed" && (
        <Section title="Destroy this instance">
          {mayDestroy ? (
            <Destroy tenant={tenant} />
          ) : (
            <p>Your role doesn't let you destroy instances. Ask a manager of the organisation.</p>
          )}
        </Section>
      )}
    </div>
  );
}

function Destroy({ tenant }: { tenant: Tenant }) {
  const [isAsking, setAsking] = useState(false);
  const [immediately, setImmediately] = useState(false);
  const { data, error } = useQuery(plan(tenant.id, "destroyed"));
  const { subdomain } = tenant;
  const destroy = useChange(tenant, (wish: { immediately: boolean }, { id }) =>
    expect(
      api.POST("/api/v1/tenants/{id}/destroy", {
        params: { path: { id }, header: ifMatch(tenant) },
        body: { confirmation: subdomain, ...wish },
      }),
    ),
  );
  return (
    <>
      <p>
        It stops, and its address leads nowhere. What people have entered is removed for good once the time for second
        thoughts has passed. <strong>Export the study's data before.</strong>
      </p>
      {data === undefined && error === null && <LoadingText />}
      {error !== null && <p className="text-muted">{trouble(error).detail}</p>}
      {data !== undefined && <Removal tenant={tenant} plan={data} immediately={false} />}
      <div>
        <Button
          color="destructive"
          icon={<Trash2 aria-hidden />}
          aria-label={`Destroy ${subdomain}…`}
          onClick={() => setAsking(true)}
        >
          Destroy it…
        </Button>
      </div>
      <ConfirmByName
        open={isAsking}
        onClose={() => {
          setAsking(false);
          setImmediately(false);
        }}
        title={`Destroy ${subdomain}?`}
        name={subdomain}
        confirm="Destroy it"
        onConfirm={() => destroy.mutateAsync({ immediately })}
      >
        {data !== undefined && <Removal tenant={tenant} plan={data} immediately={immediately} />}
        <label className="mt-4 flex min-h-11 cursor-pointer items-center gap-3">
          <input
            type="checkbox"
            className="accent-primary size-5 shrink-0"
            checked={immediately}
            onChange={(event) => setImmediately(event.target.checked)}
          />
          <span>Remove everything at once, with no way back</span>
        </label>
      </ConfirmByName>
    </>
  );
}

/** The step with which what can't be undone begins. */
const NO_WAY_BACK = "begin_removal";

/** What goes, by name, and when. */
function Removal({ tenant, plan: { steps }, immediately }: { tenant: Tenant; plan: Plan; immediately: boolean }) {
  const border = steps.findIndex(({ name }) => name === NO_WAY_BACK);
  const now = useNow();
  const name = (step: PlannedStep) => thing(tenant, step, now);
  const log = `Its log, as far as it is kept: ${size(tenant.sizes.logs, now)}`;
  return (
    <div className="tablet-portrait:grid-cols-2 grid gap-4">
      <Part title="At once" items={steps.slice(0, Math.max(0, border)).map(name)} />
      <Part
        title={immediately ? "Right after, for good" : "For good, when the time for second thoughts is over"}
        items={[...steps.slice(border + 1).map(name), log]}
      />
    </div>
  );
}

/** What a step takes away; one that isn't known, as the API describes it. */
function thing({ url, container_id, sizes }: Tenant, { name, description }: PlannedStep, now: number): string {
  const container = container_id == null ? "" : ` (${container_id.slice(0, 12)})`;
  const things: Record<string, string> = {
    remove_route: `Its address: ${url}`,
    stop_serve: "It stops, with all interviews that are open",
    remove_serve: `Its container${container}`,
    drop_database: `Its database, with all that people have entered: ${size(sizes.database, now)}`,
    remove_dumps: `What was saved of its data before changes: ${size(sizes.dumps, now)}`,
    drop_role: "Its database user",
  };
  return things[name] ?? description;
}

/** How much goes, as it was last measured. */
function size(part: Measured | null | undefined, now: number): string {
  return part == null ? "not measured yet" : `${bytes(part.bytes)}, measured ${ago(Date.parse(part.at), now)}`;
}

function Part({ title, items }: { title: string; items: readonly string[] }) {
  return (
    <div className="border-outline rounded-sm border-2 px-5 py-4">
      <p className="mb-2 font-bold">{title}</p>
      <ul className="flex list-disc flex-col gap-1 pl-5">
        {items.map((item) => (
          <li key={item} className="wrap-anywhere">
            {item}
          </li>
        ))}
      </ul>
    </div>
  );
}
