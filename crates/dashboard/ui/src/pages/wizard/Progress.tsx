import type { Tenant } from "@/api";
import { LoadingRows } from "@/ui/Loading";
import { StepTimeline } from "@/ui/StepTimeline";
import { duration } from "@/ui/time";
import { useNow } from "@/ui/useNow";

import { Frame } from "./Frame";
import { STEPS } from "./steps";
import { useTimeline } from "./useTimeline";

/** After so long it is said that it is unusual, in milliseconds. */
const LONG = 180_000;

/** While it is made: each step as it is begun. It goes on whether somebody looks or not. */
export function Progress({ tenant }: { tenant: Tenant }) {
  const steps = useTimeline(tenant);
  const done = steps.filter(({ state }) => state === "done").length;
  const took = useNow() - Date.parse(tenant.created_at);
  const current = steps.find(({ state }) => state === "now");
  return (
    <Frame
      title="Your instance is being made"
      lead="Usually within a minute. You may close this page: it goes on, and is shown again at this address."
      steps={STEPS}
      at="deploy"
    >
      <div className="mb-8">
        <div className="mb-2 flex flex-wrap justify-between gap-x-4">
          <p className="font-bold break-words">{tenant.subdomain}</p>
          <p className="text-muted tabular-nums">
            {done} of {steps.length} steps, {duration(took)}
          </p>
        </div>
        <progress aria-label="Steps done" className="progress" max={Math.max(1, steps.length)} value={done} />
        <p role="status" className="sr-only">
          {current?.words}
        </p>
      </div>
      {took > LONG && (
        <p className="text-muted mb-6">
          It takes longer than usual. It is tried until it succeeds or can't; you need not wait here.
        </p>
      )}
      {steps.length === 0 ? <LoadingRows rows={3} /> : <StepTimeline label="Steps" steps={steps} />}
    </Frame>
  );
}
