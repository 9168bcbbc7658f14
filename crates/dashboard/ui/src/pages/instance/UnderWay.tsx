import { Button } from "@codaco/fresco-ui/Button";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, LoaderCircle } from "lucide-react";

import { api, expect, type Tenant } from "@/api";
import { ifMatch } from "@/api/operations";
import { events } from "@/api/queries/events";
import { useMay } from "@/api/queries/me";
import { useChange } from "@/pages/instances/useOperation";
import { Section } from "@/ui/Section";
import { clock } from "@/ui/time";
import { useNow } from "@/ui/useNow";

/** So many steps are shown: the newest. */
const SHOWN = 6;

/** What is being done now, and what was done towards the same before. */
export function UnderWay({ tenant }: { tenant: Tenant }) {
  const { data } = useQuery(events(tenant.id));
  const mayCancel = useMay("tenant.configure");
  const cancel = useChange(tenant, (_: undefined, { id }) =>
    expect(api.POST("/api/v1/tenants/{id}/cancel", { params: { path: { id }, header: ifMatch(tenant) } })),
  );
  const steps = (data?.items ?? []).filter(({ generation }) => generation === tenant.generation);
  const { step } = tenant;
  const isCancellable = mayCancel && tenant.generation > 1 && tenant.desired_state !== "destroyed";
  return (
    <Section
      title="Under way"
      actions={
        isCancellable && (
          <Button
            size="sm"
            variant="outline"
            aria-disabled={cancel.isPending}
            onClick={() => cancel.isPending || cancel.mutate(undefined)}
          >
            Cancel
          </Button>
        )
      }
    >
      <ol className="flex flex-col gap-2.5">
        {steps.slice(-SHOWN).map(({ id, message }) => (
          <li key={id} className="flex items-start gap-3">
            <CircleCheck aria-hidden className="text-success mt-0.5 size-5 shrink-0" />
            <span className="text-muted">{message}</span>
          </li>
        ))}
        <li aria-current="step" className="flex items-start gap-3 font-bold">
          <LoaderCircle aria-hidden className="text-info mt-0.5 size-5 shrink-0 animate-spin" />
          <span className="min-w-0 flex-1">{step?.description ?? "Waiting for its turn"}</span>
          {step != null && <Age since={step.since} />}
        </li>
      </ol>
    </Section>
  );
}

function Age({ since }: { since: string }) {
  return <span className="tabular-nums">{clock(useNow() - Date.parse(since))}</span>;
}
