import { Button } from "@codaco/fresco-ui/Button";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCw, Undo2 } from "lucide-react";
import { useState } from "react";

import type { Failure, Tenant } from "@/api";
import { tryAgain, undoDeploy } from "@/api/queries/deploying";
import { tenant as tenantQuery } from "@/api/queries/tenants";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { Countdown } from "@/ui/Countdown";
import { causeOf } from "@/ui/cause";
import { TechnicalDetails } from "@/ui/Details";
import { LastLines } from "@/ui/LastLines";
import { Message } from "@/ui/Message";
import { StepTimeline } from "@/ui/StepTimeline";
import { Words } from "@/ui/Words";
import { WRAPS } from "@/ui/wraps";

import { Frame } from "./Frame";
import { Refusal } from "./Go";
import { STEPS } from "./steps";
import { useTimeline } from "./useTimeline";

/** Where it failed, why, and both ways on. */
export function Failed({ tenant, error }: { tenant: Tenant; error: Failure }) {
  const known = useQueryClient();
  const steps = useTimeline(tenant);
  const failed = steps.find(({ state }) => state === "failed");
  const { words, details } = causeOf(error.cause);
  const [undoes, setUndoes] = useState(false);
  const refresh = () => known.invalidateQueries(tenantQuery(tenant.id));
  const retry = useMutation({ mutationFn: () => tryAgain(tenant.id), onSettled: refresh });
  return (
    <Frame
      title="It could not be made yet"
      lead={`${tenant.subdomain} is kept as far as it came; nothing of it is lost.`}
      steps={STEPS}
      at="deploy"
    >
      <Refusal error={retry.error} />
      <div className="flex flex-col gap-8">
        <Message kind="danger" title={failed === undefined ? "It failed" : `${failed.words} failed`}>
          <p>
            <Words>{words}</Words>
          </p>
          {error.remedy && (
            <p className="mt-2">
              What helps: <Words>{error.remedy}</Words>
            </p>
          )}
          {tenant.step ? (
            <p className="mt-2">It is tried again just now: {tenant.step.description}.</p>
          ) : (
            tenant.next_attempt_at && (
              <p className="mt-3">
                <Countdown until={tenant.next_attempt_at} label="Next try by itself" over="now" />
              </p>
            )
          )}
          <TechnicalDetails>{details}</TechnicalDetails>
        </Message>
        {error.last_lines.length > 0 && (
          <div>
            <h2 className="mb-3 font-bold">The last lines of its log</h2>
            <LastLines label="The last lines of its log" lines={error.last_lines} />
          </div>
        )}
        <StepTimeline label="Steps" steps={steps} />
        <div className="flex flex-wrap gap-3">
          <Button
            color="primary"
            className={`min-h-12 ${WRAPS}`}
            icon={<RotateCw aria-hidden />}
            aria-disabled={retry.isPending}
            onClick={() => !retry.isPending && retry.mutate()}
          >
            {retry.isPending ? "Trying…" : "Try again from this step"}
          </Button>
          <Button variant="outline" icon={<Undo2 aria-hidden />} onClick={() => setUndoes(true)}>
            Undo…
          </Button>
        </div>
      </div>
      <ConfirmByName
        open={undoes}
        onClose={() => setUndoes(false)}
        title={`Undo ${tenant.subdomain}?`}
        name={tenant.subdomain}
        confirm="Undo it"
        onConfirm={async () => {
          await undoDeploy(tenant);
          await refresh();
        }}
      >
        <p>What was made of it goes, after some time in which it can be brought back:</p>
        <ul className="mt-2 list-disc pl-6">
          <li>its container and its database, in which nothing has been put yet</li>
          <li className="break-all">its address, {tenant.url}</li>
        </ul>
        <p className="mt-2">Your account and your other instances stay.</p>
      </ConfirmByName>
    </Frame>
  );
}
