import type { Tenant } from "@/api";
import { LoadingRows } from "@/ui/Loading";
import { StepTimeline } from "@/ui/StepTimeline";
import { duration } from "@/ui/time";
import { useNow } from "@/ui/useNow";

import { Frame } from "./Frame";
import { leftInWords, remaining, roughly } from "./remaining";
import { STEPS } from "./steps";
import { useTimeline } from "./useTimeline";

/** After so long it is said that nobody need wait, in milliseconds, where nobody knows what is usual. */
const LONG = 180_000;

/** While it is made: each step as it is begun. It goes on whether somebody looks or not. */
export function Progress({ tenant }: { tenant: Tenant }) {
  const steps = useTimeline(tenant);
  const done = steps.filter(({ state }) => state === "done").length;
  const took = useNow() - Date.parse(tenant.created_at);
  const current = steps.find(({ state }) => state === "now");
  const left = remaining(tenant.usual_deploy, current, took);
  const usually =
    tenant.usual_deploy && `Usually it takes about ${roughly(tenant.usual_deploy.usual_seconds * 1000)}. `;
  return (
    <Frame
      title="Your instance is being made"
      lead={`${usually ?? ""}You may close this page: it goes on, and is shown again at this address.`}
      steps={STEPS}
      at="deploy"
    >
      <div className="mb-8">
        <div className="mb-2 flex flex-wrap justify-between gap-x-4">
          <p className="font-bold break-words">{tenant.subdomain}</p>
          <p className="text-muted tabular-nums">
            {done} of {steps.length} steps, {duration(took)}
            {left !== undefined && left > 0 && `, ${leftInWords(left)}`}
          </p>
        </div>
        <progress aria-label="Steps done" className="progress" max={Math.max(1, steps.length)} value={done} />
        <p role="status" className="sr-only">
          {current?.words}
        </p>
      </div>
      <Patience left={left} took={took} />
      {steps.length === 0 ? <LoadingRows rows={3} /> : <StepTimeline label="Steps" steps={steps} />}
    </Frame>
  );
}

/** Said of what takes longer than usual; where nobody knows what that is, of what takes long. */
function Patience({ left, took }: { left: number | undefined; took: number }) {
  if (left === undefined ? took <= LONG : left > 0) return null;
  return (
    <p className="text-muted mb-6">
      {left !== undefined && "It takes longer than usual. "}It is tried until it succeeds or can't; you need not wait
      here.
    </p>
  );
}
