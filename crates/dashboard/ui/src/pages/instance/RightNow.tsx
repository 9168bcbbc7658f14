import { Button } from "@codaco/fresco-ui/Button";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, LoaderCircle } from "lucide-react";

import { api, expect, type Tenant } from "@/api";
import { ifMatch } from "@/api/operations";
import { events, useFollow } from "@/api/queries/events";
import { useMay } from "@/api/queries/me";
import { isUnderWay } from "@/api/queries/tenants";
import { useChange } from "@/pages/instances/useOperation";
import { Section } from "@/ui/Section";
import { clock, duration } from "@/ui/time";
import { useNow } from "@/ui/useNow";

/** So many lines it has, whatever is done: nothing below it moves. */
const LINES = 4;

/** What is being done now, and what was done before it; else how the last ended. */
export function RightNow({ tenant }: { tenant: Tenant }) {
  useFollow(tenant.id);
  const { data } = useQuery(events(tenant.id));
  const isBusy = isUnderWay(tenant);
  const done = (data?.items ?? []).filter(({ generation }) => generation === tenant.generation);
  return (
    <Section title={isBusy ? "Under way" : "Lately"} actions={isBusy && <Cancel tenant={tenant} />}>
      <ol className="flex min-h-37 flex-col gap-2.5">
        {done.slice(isBusy ? 1 - LINES : -LINES).map(({ id, kind, message }) => (
          <li key={id} className="flex items-start gap-3">
            {kind === "failed" ? (
              <CircleX aria-label="Failed:" className="text-destructive mt-0.5 size-5 shrink-0" />
            ) : (
              <CircleCheck aria-hidden className="text-success mt-0.5 size-5 shrink-0" />
            )}
            <span className="text-muted min-w-0 wrap-anywhere">{message}</span>
          </li>
        ))}
        {isBusy && <Current tenant={tenant} />}
      </ol>
    </Section>
  );
}

function Current({ tenant: { step, usual_deploy } }: { tenant: Tenant }) {
  const usual = usual_deploy?.steps.find(({ description }) => description === step?.description);
  return (
    <li aria-current="step" className="flex items-start gap-3 font-bold">
      <LoaderCircle aria-hidden className="text-info mt-0.5 size-5 shrink-0 animate-spin" />
      <span className="min-w-0 flex-1">{step?.description ?? "Waiting for its turn"}</span>
      {step != null && usual !== undefined && (
        <span className="text-muted font-normal">usually {duration(usual.usual_seconds * 1000)}</span>
      )}
      {step != null && <Age since={step.since} />}
    </li>
  );
}

function Age({ since }: { since: string }) {
  return <span className="tabular-nums">{clock(useNow() - Date.parse(since))}</span>;
}

/** What was asked for is not to be; a first deploy and a destroy have nothing to go back to. */
function Cancel({ tenant }: { tenant: Tenant }) {
  const mayCancel = useMay("tenant.configure");
  const { mutate, isPending } = useChange(tenant, (_: undefined, { id }) =>
    expect(api.POST("/api/v1/tenants/{id}/cancel", { params: { path: { id }, header: ifMatch(tenant) } })),
  );
  if (!mayCancel || tenant.generation === 1 || tenant.desired_state === "destroyed") return null;
  return (
    <Button size="sm" variant="outline" aria-disabled={isPending} onClick={() => isPending || mutate(undefined)}>
      Cancel
    </Button>
  );
}
